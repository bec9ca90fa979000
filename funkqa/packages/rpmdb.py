"""The RPM database of a root, through rpm's own python bindings."""

import fnmatch
import shutil
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from funkqa.model.errors import PackageError, ToolMissing
from funkqa.model.package import Nevra, OwnedFile, Package
from funkqa.model.units import BuildId
from funkqa.packages.backend import installer
from funkqa.system import leftovers

DATABASES = ("usr/lib/sysimage/rpm", "var/lib/rpm")
"""Where distributions keep it: openSUSE and Fedora, and all others."""

DEBUGINFO = "debuginfo(build-id)"
THERE = (-1, 0)
"""RPMFILE_STATE_MISSING (the database doesn't say) and RPMFILE_STATE_NORMAL (rpmlib's ``rpmfiles.h``)."""


def database_macro(root: Path) -> str:
    """The value for ``%_dbpath`` in this root, as a path inside it.

    rpm on Debian keeps its database below HOME, which no package manager of another root shares.
    """
    for directory in DATABASES:
        if (root / directory).is_dir() and any((root / directory).iterdir()):
            return f"/{directory}"
    rpm = bindings()
    configured = str(rpm.expandMacro("%_dbpath"))
    return configured if configured.startswith(("/usr/", "/var/")) else "/var/lib/rpm"


def lock(root: Path) -> str:
    """The file, inside the root, that rpm locks while it installs."""
    return f"{database_macro(root)}/.rpm.lock"


def installed(root: Path) -> frozenset[Nevra]:
    """Everything that is installed."""
    with _transaction(root) as transaction:
        return frozenset(nevra(header) for header in transaction.dbMatch())


def header_digests(root: Path) -> frozenset[str]:
    """What tells each installed build from all others, also from another build of the same NEVRA."""
    with _transaction(root) as transaction:
        return frozenset(header_digest(header) for header in transaction.dbMatch())


def header_digest(header: Any) -> str:
    return str(header["sha256header"] or header["sha1header"] or "")


def unprovided(root: Path, capabilities: Sequence[str]) -> tuple[str, ...]:
    """Those of the capabilities (names, provides, paths) that no installed package has."""
    with _transaction(root) as transaction:
        return tuple(each for each in capabilities if not any(_providers(transaction, each)))


def debuginfo_of(root: Path) -> frozenset[BuildId]:
    """The build IDs whose debug files are installed."""
    with _transaction(root) as transaction:
        return frozenset(
            build_id
            for header in transaction.dbMatch("providename", DEBUGINFO)
            for build_id in debuginfo_provided(header)
        )


def debuginfo_provided(header: Any) -> frozenset[BuildId]:
    """The build IDs whose debug files a package has. A package of hard links provides ``nilnil`` too."""
    names, versions = header["providename"], header["provideversion"]
    found = (str(version) for name, version in zip(names, versions, strict=True) if str(name) == DEBUGINFO)
    return frozenset(BuildId(version) for version in found if version != "nilnil")


def read_packages(
    root: Path, names: Sequence[str], globs: Sequence[str], same_source: bool
) -> tuple[Package, ...]:
    """The installed packages called ``names``, those that match ``globs``, and their siblings if wanted.

    ``same_source`` adds every installed package built from the source RPMs of ``names``. Neither that nor a
    glob adds debuginfo and debugsource packages. Raises PackageError if one of ``names`` isn't installed.
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
            headers.update({str(nevra(header)): header for header in found})
        sources = {str(header["sourcerpm"]) for header in headers.values()}
        if globs or same_source:
            for header in transaction.dbMatch():
                name = str(header["name"])
                if _is_debug(name):
                    continue
                sibling = same_source and str(header["sourcerpm"]) in sources
                if sibling or any(fnmatch.fnmatchcase(name, glob) for glob in globs):
                    headers.setdefault(str(nevra(header)), header)
        return tuple(_package(header) for header in headers.values())


def with_siblings(root: Path, name: str) -> tuple[Any, ...]:
    """The header of an installed package, and those of what is built from the same source, debuginfo left out.

    None if it isn't installed.
    """
    with _transaction(root) as transaction:
        found = sorted(transaction.dbMatch("name", name), key=lambda header: -int(header["installtime"]))[:1]
        return (*found, *(
            header
            for first in found
            for header in transaction.dbMatch()
            if header["sourcerpm"] == first["sourcerpm"]
            and header["name"] != first["name"]
            and not _is_debug(str(header["name"]))
        ))  # fmt: skip


def unmatched(packages: Sequence[Package], globs: Sequence[str]) -> tuple[str, ...]:
    """The globs that none of the packages matches."""
    return tuple(glob for glob in globs if not any(fnmatch.fnmatchcase(each.name, glob) for each in packages))


def owners(root: Path, paths: Sequence[str]) -> Mapping[str, Nevra]:
    """The package that owns each path, for those that one owns."""
    found = {}
    with _transaction(root) as transaction:
        for path in paths:
            for header in transaction.dbMatch("basenames", path):
                found[path] = nevra(header)
    return found


def _package(header: Any) -> Package:
    rpm = bindings()
    # What --excludedocs left out, and what another package replaced, isn't the package's any more.
    files = tuple(
        OwnedFile(str(file.name), int(file.mode) & 0xFFFF, int(file.inode) if file.nlink > 1 else 0)
        for file in rpm.files(header)
        if stat.S_ISREG(file.mode) and not file.fflags & rpm.RPMFILE_GHOST and file.state in THERE
    )
    return Package(nevra(header), str(header["sourcerpm"] or ""), files)


def _providers(transaction: Any, capability: str) -> Iterator[Any]:
    for index in ("name", "providename", "basenames"):
        yield from transaction.dbMatch(index, capability)


def nevra(header: Any) -> Nevra:
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
    Where there is no database it would make one.
    """
    rpm = bindings()
    inside = database_macro(root)
    folder = root / inside.lstrip("/")
    files = tuple(file for file in folder.iterdir() if file.is_file()) if folder.is_dir() else ()
    with ExitStack() as undo:
        if root == Path("/") and files:
            database = inside
        else:
            database = str(undo.enter_context(leftovers.temporary(prefix="funkqa-rpmdb-")))
            for file in files:
                shutil.copy(file, database)
        rpm.addMacro("_dbpath", database)
        undo.callback(rpm.delMacro, "_dbpath")
        transaction = rpm.TransactionSet()
        undo.callback(transaction.closeDB)
        try:
            yield transaction
        except rpm.error as error:
            raise PackageError(f"the RPM database can't be read: {error}", where=str(root)) from error


def bindings() -> Any:
    try:
        import rpm
    except ImportError:
        raise ToolMissing(
            "rpm's python bindings are not installed for this python",
            hint="install them: python3-rpm (zypper, dnf or apt), and run funkqa with the system's python3",
        ) from None
    return rpm
