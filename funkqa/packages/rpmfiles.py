"""RPM packages as files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from funkqa.model.errors import PackageError
from funkqa.model.package import Nevra
from funkqa.model.units import BuildId
from funkqa.packages import rpmdb


@dataclass(frozen=True, slots=True)
class RpmFile:
    """A binary package in a file; ``build_ids`` are those whose debug files it has, ``digest`` tells its build.

    ``path`` is where the place sees the file.
    """

    path: str
    nevra: Nevra
    source_rpm: str
    provides: frozenset[str]
    build_ids: frozenset[BuildId]
    digest: str


def read_file(path: Path, inside: str) -> RpmFile:
    """Read the header of the package at ``path``; ``inside`` is the path that the place has for it.

    Raises as ``read_header`` does.
    """
    header = read_header(path)
    return RpmFile(
        path=inside,
        nevra=rpmdb.nevra(header),
        source_rpm=str(header["sourcerpm"] or ""),
        provides=frozenset(str(name) for name in header["providename"]),
        build_ids=rpmdb.debuginfo_provided(header),
        digest=rpmdb.header_digest(header),
    )


def read_header(path: Path) -> Any:
    """The header, as rpm's bindings have it.

    Raises PackageError for a file that can't be read, or is no binary package.
    """
    rpm = rpmdb.bindings()
    transaction = rpm.TransactionSet()
    transaction.setVSFlags(rpm._RPMVSF_NOSIGNATURES)
    try:
        with path.open("rb") as stream:
            header = transaction.hdrFromFdno(stream.fileno())
    except OSError as error:
        raise PackageError(f"it can't be read: {error.strerror}", where=str(path)) from error
    except rpm.error as error:
        raise PackageError(f"it is no RPM package: {error}", where=str(path), hint=f"look: file {path}") from error
    if header["sourcepackage"]:
        raise PackageError(
            "it is a source package, which holds nothing to run",
            where=str(path),
            hint=f"build it: rpmbuild --rebuild {path}",
        )
    return header


def read_files(paths: Sequence[tuple[Path, str]]) -> tuple[RpmFile, ...]:
    """The packages, each build once."""
    read = [read_file(path, inside) for path, inside in paths]
    return tuple({file.digest or file.path: file for file in read}.values())
