"""Which function of the old build is which of the new one, by name first and then by its code."""

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple

from funkqa.analysis.compare_pairs import pair_functions
from funkqa.model.plan import Function

LEAST_BYTES = 16
"""Smaller functions are alike by chance, so that their code says nothing about their name."""

EVERYWHERE = ("_Z", "_R")
INTERNAL = re.compile(r"^_ZL|_GLOBAL__N_")
"""``static`` functions and unnamed namespaces: ``<source-name>`` of the Itanium C++ ABI, chapter 5.1.3."""

Prints = Mapping[int, bytes]
"""The fingerprint of each function of an image, by its number."""


class Pairs(NamedTuple):
    """``places[i]`` is the old number of the new function i, -1 if it is new; ``renamed`` are new numbers."""

    places: tuple[int, ...]
    renamed: frozenset[int]

    def removed(self, before: Sequence[Function]) -> list[int]:
        there = set(self.places)
        return [number for number in range(len(before)) if number not in there]


def pair(before: Sequence[Function], after: Sequence[Function]) -> Pairs:
    """By keys and by other signs than the code."""
    found = pair_functions(before, after)
    places = range(len(after)) if found.places is None else found.places
    return Pairs(tuple(places), found.renamed)


def identities(
    before: Sequence[Function], after: Sequence[Function], pairs: Pairs
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the functions are called in fingerprints: the same on both sides where they are the same."""
    old = tuple(map(_identity, before))
    return old, tuple(
        old[place] if place >= 0 else _identity(function)
        for function, place in zip(after, pairs.places, strict=True)
    )


def improved(
    pairs: Pairs, before: Sequence[Function], after: Sequence[Function], old: Prints, new: Prints
) -> Pairs:
    """The pairs with what the code says of them.

    A renamed function with other code is another function; of several with one name and file those with the same
    code are the same; what is new and has the code of one that is gone is that, renamed.
    """
    places, renamed = list(pairs.places), set(pairs.renamed)
    for number in pairs.renamed:
        if old.get(places[number]) != new.get(number):
            places[number] = -1
            renamed.discard(number)
    _swap(places, before, after, old, new)
    gone = Pairs(tuple(places), frozenset()).removed(before)
    by_code = _unique((old.get(number), number) for number in gone if before[number].size >= LEAST_BYTES)
    added = (number for number, place in enumerate(places) if place < 0 and after[number].size >= LEAST_BYTES)
    for code, number in _unique((new.get(number), number) for number in added).items():
        if code is not None and code in by_code:
            places[number] = by_code[code]
            renamed.add(number)
    return Pairs(tuple(places), frozenset(renamed))


def _swap(
    places: list[int], before: Sequence[Function], after: Sequence[Function], old: Prints, new: Prints
) -> None:
    """Functions of one name and file are told apart by their order, which linkers choose: better by their code."""
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for number, place in enumerate(places):
        if place >= 0 and old.get(place) != new.get(number):
            groups[_identity(before[place])].append(number)
    for numbers in groups.values():
        if len(numbers) < 2:
            continue
        left = {places[number] for number in numbers}
        for number in numbers:
            same = min((place for place in left if old.get(place) == new.get(number)), default=None)
            if same is not None:
                other = next(each for each in numbers if places[each] == same)
                places[other], places[number] = places[number], same
                left.discard(same)


def _identity(function: Function) -> str:
    """A local copy of a C++ function that all units may have is the same whichever the linker took."""
    shared = function.name.startswith(EVERYWHERE) and not INTERNAL.search(function.name)
    return f"{function.name} {function.unit}" if function.local and not shared else function.name


def _unique(keyed: Iterable[tuple[bytes | None, int]]) -> dict[bytes | None, int]:
    known: dict[bytes | None, list[int]] = defaultdict(list)
    for key, number in keyed:
        known[key].append(number)
    return {key: numbers[0] for key, numbers in known.items() if len(numbers) == 1}
