"""The RPM database of a root, through rpm's own python bindings."""

import fnmatch
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from funkqa.model.errors import PackageError, ToolMissing
from funkqa.model.package import Nevra, OwnedFile, Package
from funkqa.packages.backend import installer

DATABASES = ("usr/lib/sysimage/rpm", "var/lib/rpm")
"""Where distributions keep it: openSUSE and Fedora, and all others."""


def database_macro(root: Path) -> str:
    """The value for ``%_dbpath`` in this root, as a path inside it.

    rpm on Debian keeps its database below HOME, which no package manager of another root shares.
    """
    for directory in DATABASES:
        if (root / directory).is_dir() and any((root / directory).iterdir()):
            return f"/{directory}"
    rpm = _bindings()
    configured = str(rpm.expandMacro("%_dbpath"))
    return configured if configured.startswith(("/usr/", "/var/")) else "/var/lib/rpm"


def installed(root: Path) -> frozenset[Nevra]:
    """Everything that is installed."""
    with _transaction(root) as transaction:
        return frozenset(_nevra(header) for header in transaction.dbMatch())


def read_packages(
    root: Path, names: Sequence[str], globs: Sequence[str], same_source: bool
) -> tuple[Package, ...]:
    """The installed packages called ``names``, those that match ``globs``, and their siblings if wanted.

    ``same_source`` adds every installed package built from the source RPMs of ``names``, except debuginfo and
    debugsource packages. Raises PackageError if one of ``names`` isn't installed.
    """
    with _transaction(root) as transaction:
        headers: dict[str, Any] = {}
        for name in names:
            found = list(transaction.dbMatch("name", name))
            if not found:
                raise PackageError(
                    f"the package {name} is not installed",
                    hint=f"install it: {installer()} install {name}; "
                    f"or name the package that provides it: rpm -q --whatprovides {name}",
                )
            # Several versions of a kernel or a compiler may be installed: the latest comes first.
            found.sort(key=lambda header: int(header["installtime"]), reverse=True)
            headers.update({str(_nevra(header)): header for header in found})
        sources = {str(header["sourcerpm"]) for header in headers.values()}
        if globs or same_source:
            for header in transaction.dbMatch():
                name = str(header["name"])
                sibling = same_source and str(header["sourcerpm"]) in sources and not _is_debug(name)
                if sibling or any(fnmatch.fnmatchcase(name, glob) for glob in globs):
                    headers.setdefault(str(_nevra(header)), header)
        return tuple(_package(header) for header in headers.values())


def owners(root: Path, paths: Sequence[str]) -> Mapping[str, str]:
    """The NEVRA of the package that owns each path, for those that one owns."""
    found = {}
    with _transaction(root) as transaction:
        for path in paths:
            for header in transaction.dbMatch("basenames", path):
                found[path] = str(_nevra(header))
    return found


def _package(header: Any) -> Package:
    rpm = _bindings()
    files = tuple(
        OwnedFile(str(file.name), int(file.mode) & 0xFFFF, int(file.inode) if file.nlink > 1 else 0)
        for file in rpm.files(header)
        if stat.S_ISREG(file.mode)
    )
    return Package(_nevra(header), str(header["sourcerpm"] or ""), files)


def _nevra(header: Any) -> Nevra:
    return Nevra(
        str(header["name"]),
        int(header["epoch"] or 0),
        str(header["version"]),
        str(header["release"]),
        str(header["arch"] or "noarch"),
    )


def _is_debug(name: str) -> bool:
    return name.endswith(("-debuginfo", "-debugsource"))


@contextmanager
def _transaction(root: Path) -> Iterator[Any]:
    """A read-only transaction on the root's database, or on a copy of it.

    rpm's sqlite backend resolves ``/proc/PID/root`` to ``/`` and would open, and write to, the host's database.
    """
    rpm = _bindings()
    inside = database_macro(root)
    with ExitStack() as undo:
        if root == Path("/"):
            database = inside
        else:
            database = undo.enter_context(tempfile.TemporaryDirectory(prefix="funkqa-rpmdb-"))
            for file in (root / inside.lstrip("/")).iterdir():
                if file.is_file():
                    shutil.copy(file, database)
        rpm.addMacro("_dbpath", database)
        undo.callback(rpm.delMacro, "_dbpath")
        transaction = rpm.TransactionSet()
        undo.callback(transaction.closeDB)
        try:
            yield transaction
        except rpm.error as error:
            raise PackageError(f"the RPM database can't be read: {error}", where=str(root)) from error


def _bindings() -> Any:
    try:
        import rpm
    except ImportError:
        raise ToolMissing(
            "rpm's python bindings are not installed for this python",
            hint="install them: python3-rpm (zypper, dnf or apt), and run funkqa with the system's python3",
        ) from None
    return rpm
