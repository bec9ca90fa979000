"""RPM packages and repositories that a test makes out of files."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

SPEC = """\
Name: {name}
Version: {version}
Release: 1
Summary: Made by a test
License: MIT
Vendor: {vendor}
AutoReqProv: no
{provides}
{header}
%description
Made by a test.
%install
{install}
%files
{files}
{post}
"""


def package(
    into: Path,
    name: str,
    files: Mapping[str, Path],
    *,
    version: str = "1",
    vendor: str = "funkqa",
    provides: Sequence[str] = (),
    post: str = "",
    header: Sequence[str] = (),
    arch: str = "",
) -> Path:
    """Build a package that installs ``files`` (path in the package: file to copy, as it is).

    ``header`` are further lines of the spec, ``arch`` is another architecture than the host's.
    """
    work = into.parent / f"{into.name}-build"
    work.mkdir(exist_ok=True)
    into.mkdir(exist_ok=True)
    spec = work / f"{name}.spec"
    spec.write_text(
        SPEC.format(
            name=name,
            version=version,
            vendor=vendor,
            header="\n".join(header),
            provides="\n".join(f"Provides: {each}" for each in provides),
            install="\n".join(f"install -D '{source}' '%{{buildroot}}{path}'" for path, source in files.items()),
            files="\n".join(files),
            post=f"%post\n{post}" if post else "",
        )
    )
    macros = {"_topdir": work, "_dbpath": work / "db", "_rpmdir": into, "_rpmfilename": "%{NAME}-%{VERSION}.rpm"}
    macros |= {"__os_install_post": "%{nil}", "debug_package": "%{nil}", "_build_id_links": "none"}
    defines = [option for macro, value in macros.items() for option in ("--define", f"{macro} {value}")]
    target = ("--target", arch) if arch else ()
    run("rpmbuild", *defines, *target, "--quiet", "--nodeps", "-bb", str(spec))
    return into / f"{name}-{version}.rpm"


def index(repository: Path) -> Path:
    """Make the folder a repository, as ``tests/packages/build`` does."""
    run("createrepo_c", "--quiet", "--content", "debug", str(repository))
    return repository


def unpacked(rpm: Path, into: Path) -> Path:
    """The files of a package."""
    into.mkdir()
    run("sh", "-c", f"rpm2cpio '{rpm}' | cpio --extract --make-directories --quiet", cwd=into)
    return into


def run(*command: str, cwd: Path | None = None) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
