"""Programs that funkqa starts."""

from typing import NamedTuple

from funkqa.doctor.finding import Finding, Status, status_of
from funkqa.model.errors import FunkqaError
from funkqa.system import process


class Tool(NamedTuple):
    """A program, what it is for, and the package that has it (openSUSE, Fedora and Debian agree)."""

    program: str
    purpose: str
    package: str
    required: bool = True


TOOLS = (
    Tool("eu-unstrip", "merging a program with its debug file, which names most functions", "elfutils"),
    Tool("c++filt", "readable names of C++ and Rust functions", "binutils"),
    Tool("nsenter", "running programs in a throw-away root", "util-linux"),
    Tool("unshare", "trying namespaces in this report", "util-linux", required=False),
    Tool("setpriv", "steps of other users than root", "util-linux"),
    Tool("bash", "running the scripts of a recipe", "bash"),
    Tool("rpm", "removing what was installed (--no-sandbox --remove)", "rpm", required=False),
)
MANAGERS = ("zypper", "dnf5", "dnf")


def tool(wanted: Tool, *, with_version: bool) -> Finding:
    """Looks for the program on PATH, and asks it for its version if that is wanted."""
    present = process.exists(wanted.program)
    return Finding(
        wanted.program,
        status_of(present),
        (_version(wanted.program) if with_version else "on PATH") if present else "not on PATH",
        lost=wanted.purpose,
        remedy=f"install the package {wanted.package}",
        required=wanted.required,
    )


def env_chdir() -> Finding:
    """Only from coreutils 8.28 on, and not in every busybox, does env(1) change the directory."""
    status, fact = Status.SUPPORTED, "works"
    try:
        said = process.run(["env", "--chdir=/", "pwd"]).stdout.strip()
        if said != "/":
            status, fact = Status.UNSUPPORTED, f"it changes to {said}"
    except FunkqaError as error:
        status, fact = Status.UNSUPPORTED, error.message.splitlines()[0]
    return Finding(
        "env --chdir",
        status,
        fact,
        lost="starting steps in their directory",
        remedy="install the package coreutils",
        required=True,
    )


def package_manager(*, with_version: bool) -> Finding:
    present = [program for program in MANAGERS if process.exists(program)]
    return Finding(
        "package manager",
        status_of(bool(present)),
        (_version(present[0]) if with_version else present[0]) if present else "neither zypper, dnf5 nor dnf",
        lost="installing the packages of recipes and their debuginfo",
        remedy="install zypper or dnf5, or use funkqa trace on what is installed",
        required=True,
    )


def _version(program: str) -> str:
    try:
        said = process.run([program, "--version"], timeout_s=20).stdout.splitlines()
    except FunkqaError as error:
        return f"on PATH; {program} --version {error.message.splitlines()[0]}"
    line = said[0].split(" (", 1)[0].strip() if said else "on PATH"
    return line if program.lower() in line.lower() else f"{program} {line}"
