"""Which image and which function of an earlier run are those of a later one.

Keys come first (contracts: image key, function key). What they leave over is paired by ever weaker signs, each
only where it is unique on both sides, so that a doubt ends as removed and added, never as a wrong pair.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from funkqa.analysis.compare_sides import file_name
from funkqa.model.plan import Function, Image

_LEAST_RENAMED_BYTES = 16
"""Smaller functions, such as those that only return a constant, are alike by chance."""

Key = Hashable


class ImagePair(NamedTuple):
    """Numbers of an image before and after; None where it isn't there."""

    before: int | None
    after: int | None


class FunctionPairs(NamedTuple):
    """``places[i]`` is the number before of the function that is number i now, -1 if it is new.

    None in its place: all numbers are the same. ``renamed`` are the numbers now of those whose name is another.
    """

    places: Sequence[int] | None
    removed: tuple[int, ...]
    renamed: frozenset[int]


def pair_images(before: Sequence[Image], after: Sequence[Image]) -> tuple[ImagePair, ...]:
    """In the order of ``after``; images that are gone come last.

    Images with one key within a run (a library built for several processors) are told apart by their paths.
    Leftovers pair if package, architecture and name are the same but for digits and the folder: a plugin whose
    path holds a version, a library whose soname and package hold a new one.
    """
    found: dict[int, int] = {}
    keys = (lambda image: (image.key, image.path), lambda image: image.key, _without_version)
    for key in keys:
        found |= _unique_pairs(
            ((key(image), number) for number, image in enumerate(before) if number not in found.values()),
            ((key(image), number) for number, image in enumerate(after) if number not in found),
        )
    gone = sorted(set(range(len(before))) - set(found.values()))
    return (
        *(ImagePair(found.get(number), number) for number in range(len(after))),
        *(ImagePair(number, None) for number in gone),
    )


def pair_functions(before: Sequence[Function], after: Sequence[Function]) -> FunctionPairs:
    """Functions that are the same pair by key, then by another of their names, then although renamed."""
    if before is after:
        return FunctionPairs(None, (), frozenset())
    keys = {function.key: number for number, function in enumerate(before)}
    places = [keys.pop(function.key, -1) for function in after]
    left_after = [number for number, place in enumerate(places) if place < 0]
    left_before = sorted(keys.values())
    if left_after and left_before:
        for names in (_names_in_unit, _names_without_unit):
            _pair(places, before, left_before, after, left_after, names)
    renamed: frozenset[int] = frozenset()
    if left_after and left_before:
        renamed = _pair(places, before, left_before, after, left_after, _bodies(before, after, places))
    if not left_after and not left_before and places == list(range(len(before))):
        return FunctionPairs(None, (), renamed)
    return FunctionPairs(places, tuple(left_before), renamed)


def _without_version(image: Image) -> Key:
    """``libcrypto.so.3`` of libopenssl3 and ``libcrypto.so.4`` of libopenssl4 have one."""
    name = file_name(image.soname or image.path)
    return tuple(re.sub(r"[0-9]+", "0", text) for text in (image.package, image.arch, name))


KeysOf = Callable[[Sequence[Function], Sequence[int]], Iterator[tuple[Key, int]]]


def _pair(
    places: list[int],
    before: Sequence[Function],
    left_before: list[int],
    after: Sequence[Function],
    left_after: list[int],
    keys: KeysOf,
) -> frozenset[int]:
    """Pair what is left by a key that is unique on both sides; returns the numbers now of what was paired."""
    found = _unique_pairs(keys(before, left_before), keys(after, left_after))
    for number, place in found.items():
        places[number] = place
    paired = set(found.values())
    left_before[:] = [number for number in left_before if number not in paired]
    left_after[:] = [number for number in left_after if number not in found]
    return frozenset(found)


def _unique_pairs(before: Iterable[tuple[Key, int]], after: Iterable[tuple[Key, int]]) -> dict[int, int]:
    """Number after to number before, where a key stands for one on each side and they agree on each other."""
    ours, theirs = _unique(before), _unique(after)
    found: dict[int, int] = {}
    taken: set[int] = set()
    for key, number in theirs.items():
        place = ours.get(key)
        if place is not None and number not in found and place not in taken:
            found[number] = place
            taken.add(place)
    return found


def _unique(keyed: Iterable[tuple[Key, int]]) -> Mapping[Key, int]:
    known: dict[Key, int] = {}
    twice: set[Key] = set()
    for key, number in keyed:
        if known.setdefault(key, number) != number:
            twice.add(key)
    return {key: number for key, number in known.items() if key not in twice}


def _names_in_unit(functions: Sequence[Function], numbers: Sequence[int]) -> Iterator[tuple[Key, int]]:
    """Any name of a global function; of a local one with the file name of its unit, whose folder may move."""
    for number in numbers:
        function = functions[number]
        unit = file_name(function.unit) if function.local else ""
        for name in function.names:
            yield (function.local, name, unit, function.ordinal), number


def _names_without_unit(functions: Sequence[Function], numbers: Sequence[int]) -> Iterator[tuple[Key, int]]:
    """A name within its file, for what became static or global, or within the image, if no file is known."""
    for number in numbers:
        function = functions[number]
        file = file_name(function.file or function.unit)
        for name in function.names:
            yield (name, file), number


def _bodies(before: Sequence[Function], after: Sequence[Function], places: Sequence[int]) -> KeysOf:
    """What makes a removed and an added function one that was renamed: the declaring file, a size in bytes that no
    other leftover of this file has, and the same function declared in front of it."""
    identity = list(range(len(before)))

    def keys(functions: Sequence[Function], numbers: Sequence[int]) -> Iterator[tuple[Key, int]]:
        known = identity if functions is before else places
        left = set(numbers)
        files = {functions[number].file for number in numbers} - {""}
        declared: dict[str, list[tuple[int, int]]] = {file: [] for file in files}
        for number, function in enumerate(functions):
            if function.file in files and number not in left and known[number] >= 0:
                declared[function.file].append((function.line, known[number]))
        for lines in declared.values():
            lines.sort()
        for number in numbers:
            function = functions[number]
            if function.file and function.line and function.size >= _LEAST_RENAMED_BYTES:
                lines = declared[function.file]
                index = bisect_left(lines, (function.line, -1))
                yield (function.file, function.size, lines[index - 1][1] if index else None), number

    return keys
