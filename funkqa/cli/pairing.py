"""Which result files are compared with which: those of one recipe, package and architecture."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from funkqa.analysis.compare_sides import subject
from funkqa.cli.resultfiles import ResultFile
from funkqa.model.comparison import SAME_RUN, Named, Refused
from funkqa.model.errors import ResultFileError
from funkqa.store.inventory import Inventories
from funkqa.store.reader import Heading, read_heading, read_result


class Key(NamedTuple):
    """What two results must have in common to be compared."""

    recipe: str
    package: str
    arch: str

    def __str__(self) -> str:
        return f"{self.recipe} ({' '.join(filter(None, (self.package, self.arch)))})"


class _Candidate(NamedTuple):
    file: ResultFile
    heading: Heading

    @property
    def name(self) -> str:
        return str(self.file.path)


class Pair(NamedTuple):
    """A new result and its baselines, newest first; ``aside`` are results of the same key that aren't needed."""

    key: Key
    baselines: tuple[Path, ...]
    new: Path
    aside: tuple[Refused, ...]


class Pairs(NamedTuple):
    """``refused`` can't be read, so that nobody knows their key; only baselines have the keys ``only_before``."""

    pairs: tuple[Pair, ...]
    refused: tuple[Refused, ...]
    only_before: tuple[Key, ...]


def pair(before: Sequence[ResultFile], after: Sequence[ResultFile], most: int) -> Pairs:
    """``most`` baselines of each key at most, the newest. Only the beginning of each file is read."""
    refused: list[Refused] = []
    old, new = _by_key(before, False, refused), _by_key(after, True, refused)
    pairs = []
    for key in sorted(new):
        newest, *older = _newest_first(new[key])
        # The same folder may be the history that is compared with and the place of new results.
        named = _newest_first(old.get(key, ()))
        known = [each for each in named if each.heading.run != newest.heading.run]
        aside = [Refused(each.name, f"{newest.name} is newer", False) for each in older if each not in known]
        if not known:
            aside += [Refused(each.name, SAME_RUN, False) for each in named]
        aside += (Refused(each.name, f"{most} newer baselines are enough", False) for each in known[most:])
        baselines = tuple(each.file.path for each in known[:most])
        pairs.append(Pair(key, baselines, newest.file.path, tuple(aside)))
    return Pairs(tuple(pairs), tuple(refused), tuple(sorted(old.keys() - new.keys())))


def read(pair: Pair) -> tuple[tuple[Named, ...], Named | None, tuple[Refused, ...]]:
    """Baselines and new result, whole, as far as they can be read."""
    known, refused = Inventories(), []
    found: list[Named | None] = []
    for path in (*pair.baselines, pair.new):
        try:
            found.append(Named(str(path), read_result(path, known)))
        except ResultFileError as error:
            found.append(None)
            refused.append(Refused(str(path), error.message, path == pair.new))
    return tuple(filter(None, found[:-1])), found[-1], tuple(refused)


def _by_key(files: Iterable[ResultFile], new: bool, refused: list[Refused]) -> Mapping[Key, Sequence[_Candidate]]:
    found: dict[Key, list[_Candidate]] = defaultdict(list)
    for file in files:
        try:
            heading = read_heading(file.path)
        except ResultFileError as error:
            refused.append(Refused(str(file.path), error.message, new))
        else:
            key = Key(heading.run.recipe, *subject(heading.run, heading.images))
            found[key].append(_Candidate(file, heading))
    return found


def _newest_first(candidates: Iterable[_Candidate]) -> list[_Candidate]:
    return sorted(candidates, key=lambda each: (-each.heading.run.started, each.name))
