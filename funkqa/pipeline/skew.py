"""Skew: debuginfo of the right name and the wrong build, which is never used and always told.

It happens when the debug repository is ahead of the system or behind it, or when a package was built again.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from funkqa.model.errors import CommandFailed
from funkqa.model.package import Nevra
from funkqa.model.place import Place
from funkqa.model.plan import OWN_BUILD, DebugFile, DebugFileStatus
from funkqa.model.units import BuildId
from funkqa.packages import rpmdb
from funkqa.packages.backend import PackageManager, debuginfo_capability, installer
from funkqa.pipeline.ownership import OwnedElf

UNSERVED = frozenset(
    (
        DebugFileStatus.MINIDEBUGINFO,
        DebugFileStatus.OWN_SYMTAB,
        DebugFileStatus.UNWIND,
        DebugFileStatus.DYNSYM_ONLY,
        DebugFileStatus.MISSING,
    )
)
"""Images for which no source had a debug file."""

SUFFIX = "-debuginfo"
"""What rpm's find-debuginfo appends to the name of a package."""


class Commands(NamedTuple):
    """How a package manager is told to do it."""

    install: str
    reinstall: str
    install_debuginfo: str
    refresh: str


ZYPPER = Commands(
    "zypper install --oldpackage",
    "zypper install --force",
    "zypper --plus-content debug install",
    "zypper --plus-content debug refresh",
)
DNF = Commands(
    "{} install", "{} reinstall", "{} --enablerepo=*debug* install", "{} --enablerepo=*debug* makecache --refresh"
)


class Known(NamedTuple):
    """What is installed, what repositories offer (NEVRAs as text), and the package manager for commands.

    ``asked``: it was already asked for the debuginfo by build ID, and hasn't it.
    """

    installed: Collection[Nevra]
    offered: Sequence[str]
    installer: str
    asked: bool


def told(
    debug_files: Sequence[DebugFile],
    elves: Sequence[OwnedElf],
    place: Place,
    packager: PackageManager | None = None,
) -> tuple[DebugFile, ...]:
    """The debug files, with the skew of each ELF file that has one: a problem if functions are missing for it.

    ``packager`` is asked what its repositories offer; without one, only what is installed counts.
    """
    pairs = list(zip(debug_files, elves, strict=True))
    unserved = {elf.package.nevra for debug, elf in pairs if _wants(debug, elf)}
    served = {elf.package.nevra for debug, elf in pairs if debug.status not in UNSERVED}
    if not unserved:
        return tuple(debug_files)
    known = Known(
        rpmdb.installed(place.root),
        _offered(packager, unserved),
        packager.name if packager else installer(),
        packager is not None,
    )
    return tuple(
        _with(debug, f"{elf.path}: {said}")
        if _wants(debug, elf)
        and (said := describe(elf.package.nevra, elf.facts.build_id, known, elf.package.nevra in served))
        else debug
        for debug, elf in pairs
    )


def describe(package: Nevra, build_id: BuildId, known: Known, served: bool = False) -> str:
    """Both NEVRAs and the command that mends it; empty if there is no debuginfo of this name.

    ``served``: another ELF file of the package has its debug file. Then debuginfo of the package's version is of
    this very build, and lacks one; that of another version only shares a file that is the same in both.
    """
    name = f"{package.name}{SUFFIX}"
    there = [str(each) for each in known.installed if each.name == name and each.arch == package.arch]
    offered = [] if there else _of(name, package.arch, known.offered)
    if not there and not offered:
        return ""
    wrong = _nearest(package, there or offered)
    if served and wrong == _partner(package):
        return ""
    place = "is installed" if there else "is what the repositories offer"
    remedy = _remedy(package, build_id, wrong, known)
    return f"{package} {OWN_BUILD}, but {wrong} {place}; {remedy}"


def _remedy(package: Nevra, build_id: BuildId, wrong: str, known: Known) -> str:
    name = known.installer
    tell = ZYPPER if name == "zypper" else Commands(*(each.format(name) for each in DNF))
    if not known.asked:
        return f"install what belongs to it: {tell.install_debuginfo} '{debuginfo_capability(build_id)}'"
    partner = package.name + wrong.removeprefix(f"{package.name}{SUFFIX}")
    if partner in known.offered and partner != str(package):
        return f"install the package of that build: {tell.install} {partner}"
    if partner in known.offered:
        mend = f"it was built again, install it again: {tell.reinstall} {partner}"
    else:
        mend = f"refresh the repositories: {tell.refresh}"
    return f"{mend}; or name a repository with {debuginfo_capability(build_id)}: --repo"


def _wants(debug: DebugFile, elf: OwnedElf) -> bool:
    return debug.status in UNSERVED and bool(elf.facts.build_id and elf.package.name)


def _offered(packager: PackageManager | None, packages: Iterable[Nevra]) -> Sequence[str]:
    """What the repositories offer of these packages and their debuginfo; nothing if they can't be asked."""
    if packager is None:
        return ()
    names = sorted({package.name for package in packages})
    try:
        return packager.offered([*names, *(f"{name}{SUFFIX}" for name in names)])
    except CommandFailed:
        return ()


def _of(name: str, arch: str, nevras: Sequence[str]) -> list[str]:
    """Those of exactly this name: version and release have no dash, so that one is left between them."""
    named = [each for each in nevras if each.startswith(f"{name}-") and each.endswith(f".{arch}")]
    return [each for each in named if each.removeprefix(f"{name}-").count("-") == 1]


def _nearest(package: Nevra, offered: Sequence[str]) -> str:
    """That of the same version and release if there is one, else the first, which package managers list newest."""
    same = _partner(package)
    return same if same in offered else offered[0]


def _partner(package: Nevra) -> str:
    """The debuginfo of the same version and release."""
    return str(package._replace(name=f"{package.name}{SUFFIX}"))


def _with(debug: DebugFile, said: str) -> DebugFile:
    if debug.status.complete:
        return replace(debug, warning="; ".join(filter(None, (debug.warning, said))))
    return replace(debug, problem="; ".join(filter(None, (debug.problem, said))))
