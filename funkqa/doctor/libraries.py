"""Libraries: present is told without loading them, working by using them."""

import platform
from importlib import metadata
from importlib.util import find_spec
from typing import NamedTuple

from funkqa.doctor.finding import Finding, Status, status_of
from funkqa.system import libdw


class Library(NamedTuple):
    """A python module of the distribution, what it is for, and the packages that have it."""

    module: str
    name: str
    purpose: str
    packages: str


BCC = Library(
    "bcc",
    "bcc",
    "compiling the BPF program that counts hits",
    "python3-bcc (openSUSE, Fedora) or python3-bpfcc (Debian)",
)
RPM = Library("rpm", "rpm bindings", "what packages own", "python3-rpm")
CAPSTONE = Library("capstone", "capstone", "placing probes on cheap instructions", "python3-capstone")


def module(wanted: Library) -> Finding:
    """Looks for the module; doesn't import it, for bcc takes a quarter of a second."""
    spec = find_spec(wanted.module)
    # A mere folder of that name, such as rpm/ of a checkout, has no origin.
    present = spec is not None and spec.origin is not None
    return Finding(
        wanted.name,
        status_of(present),
        _version(wanted.module) if present else f"not installed for python {platform.python_version()}",
        lost=wanted.purpose,
        remedy=f"install {wanted.packages}, and run funkqa with the system's python3",
        required=True,
    )


def debug_information() -> Finding:
    present = libdw.is_installed()
    return Finding(
        "libdw",
        status_of(present),
        "libdw.so.1 can be loaded" if present else "libdw.so.1 is not installed",
        lost="the source files and lines of functions",
        remedy="install libdw1 (openSUSE, Debian) or elfutils-libs (Fedora)",
        required=True,
    )


def python() -> Finding:
    """A fact: an older python could not even read funkqa's own files."""
    return Finding(
        "python",
        Status.SUPPORTED,
        f"{platform.python_implementation()} {platform.python_version()}",
        lost="nothing",
        remedy="none is needed",
        required=False,
    )


def _version(name: str) -> str:
    try:
        return f"version {metadata.version(name)}"
    except metadata.PackageNotFoundError:
        return "installed"
