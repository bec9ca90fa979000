"""What an RPM package consists of, as its header says, installed or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from funkqa.model.errors import PackageError
from funkqa.model.package import Nevra
from funkqa.packages import rpmdb
from funkqa.packages.backend import installer
from funkqa.packages.rpmfiles import read_header


class PackagedFile(NamedTuple):
    """A file of a package: ``st_mode``, where a symbolic link leads, what libmagic says of it, its link group.

    ``kind`` may be empty (nobody asked libmagic); files with the same non-zero ``inode`` are hard links.
    """

    path: str
    mode: int
    link: str
    kind: str
    inode: int


@dataclass(frozen=True, slots=True)
class Contents:
    """A package; ``rpm`` is its file if it isn't installed."""

    nevra: Nevra
    source_rpm: str
    summary: str
    files: tuple[PackagedFile, ...]
    requires: frozenset[str]
    provides: frozenset[str]
    rpm: Path | None = None

    @property
    def name(self) -> str:
        return self.nevra.name


def installed(name: str) -> tuple[Contents, ...]:
    """The package, and behind it those of the same source that are installed too, debuginfo left out.

    Raises PackageError if it isn't installed.
    """
    found = tuple(_contents(header, None) for header in rpmdb.with_siblings(Path("/"), name))
    if not found:
        raise PackageError(
            f"the package {name} is not installed",
            hint=f"install it: {installer()} install {name}; or name its file: --rpm {name}-VERSION.rpm",
        )
    return found


def from_files(paths: Sequence[Path]) -> tuple[Contents, ...]:
    """The packages in these files, debuginfo left out. Raises PackageError for what is no binary package."""
    found = {each.nevra: each for path in paths for each in (_contents(read_header(path), path),)}
    return tuple(each for each in found.values() if not each.name.endswith(("-debuginfo", "-debugsource")))


def _contents(header: Any, path: Path | None) -> Contents:
    rpm = rpmdb.bindings()
    files = tuple(
        PackagedFile(
            str(file.name),
            int(file.mode) & 0xFFFF,
            str(file.linkto or ""),
            str(getattr(file, "class") or ""),
            int(file.inode) if file.nlink > 1 else 0,
        )
        for file in rpm.files(header)
        if not file.fflags & rpm.RPMFILE_GHOST
    )
    return Contents(
        rpmdb.nevra(header),
        str(header["sourcerpm"] or ""),
        str(header["summary"] or ""),
        files,
        frozenset(map(str, header["requirename"])),
        frozenset(map(str, header["providename"])),
        path,
    )
