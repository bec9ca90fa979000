"""The results of several releases, read one package at a time, so that memory doesn't grow with their number."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from funkqa.analysis.compare import compare
from funkqa.analysis.release import History, alone, compared, side_of, trusted
from funkqa.cli import pairing
from funkqa.cli.pairing import Key
from funkqa.cli.resultfiles import result_files
from funkqa.model.comparison import Limits, Named, Refused, Side
from funkqa.model.errors import ResultFileError
from funkqa.model.release import Standing
from funkqa.store.inventory import Inventories
from funkqa.store.reader import read_result


class Results(NamedTuple):
    """Of one release: the newest result of each key, and files that take no part."""

    newest: Mapping[Key, Path]
    refused: tuple[Refused, ...]


class Package(NamedTuple):
    """A key and its result in each release, the oldest first; None where it has none."""

    key: Key
    results: tuple[Path | None, ...]
    limits: Limits


class Read(NamedTuple):
    """What became of a package, the builds that its results name, and those that can't be read.

    ``standing`` is None if the last two releases don't have it.
    """

    standing: Standing | None
    history: History
    builds: tuple[str, ...]
    refused: tuple[Refused, ...]


def results(folder: str) -> Results:
    """Only the beginning of each file is read; what can't be read counts as new."""
    pairs = pairing.pair((), result_files((folder,)), 1)
    aside = tuple(file for each in pairs.pairs for file in each.aside)
    return Results({each.key: each.new for each in pairs.pairs}, (*pairs.refused, *aside))


def packages(found: Sequence[Results], limits: Limits) -> tuple[Package, ...]:
    """All that any release has."""
    keys = sorted({key for each in found for key in each.newest})
    return tuple(Package(key, tuple(each.newest.get(key) for each in found), limits) for key in keys)


def read(package: Package) -> Read:
    """Compare the last two results; of those before them only the ratio is kept."""
    known, refused, history, builds = Inventories(), [], [], []
    recent: list[Named | None] = []
    unreadable = ""
    for number, path in enumerate(package.results):
        named, reason = _read(path, known)
        if path and reason:
            last = number == len(package.results) - 1
            unreadable = reason if last else ""
            refused.append(Refused(str(path), reason, last))
        side = side_of(named) if named else None
        history.append(trusted(side))
        builds.append(side.build if side else "")
        recent = [*recent[-1:], named]
    standing = _standing(package, recent[0], recent[1], unreadable, tuple(history))
    return Read(standing, tuple(history), tuple(builds), tuple(refused))


def _standing(
    package: Package, before: Named | None, after: Named | None, unreadable: str, history: History
) -> Standing | None:
    if after is not None:
        return compared(compare([before] if before else [], after, package.limits), history)
    if before is None and not unreadable:
        return None
    side: Side | None = side_of(before) if before else None
    return alone(*package.key, side, unreadable, history)


def _read(path: Path | None, known: Inventories) -> tuple[Named | None, str]:
    if path is None:
        return None, ""
    try:
        return Named(str(path), read_result(path, known)), ""
    except ResultFileError as error:
        return None, error.message


def all_builds(read_: Iterator[Read] | Sequence[Read], releases: int) -> list[set[str]]:
    """The builds of each release."""
    builds: list[set[str]] = [set() for _ in range(releases)]
    for each in read_:
        for number, build in enumerate(each.builds):
            if build:
                builds[number].add(build)
    return builds
