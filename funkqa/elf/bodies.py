"""The code that belongs to each function: its bodies, and the unlikely parts that compilers move out of line."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from funkqa.elf.contents import Contents
from funkqa.elf.functions import Inventory
from funkqa.elf.image import STB_LOCAL, Symbol
from funkqa.elf.names import COLD, is_cold_part
from funkqa.model.errors import ElfError

MAX_SHARING = 16
"""All functions together may be so many times the code; overlapping ones could take the square of it."""

LONGEST_UNSIZED = 1 << 16
"""Bytes that are looked at, at most, of a function without a size."""


class Body(NamedTuple):
    """Code from ``start`` to ``end`` of the function with this number; ``part``: it is its unlikely part."""

    function: int
    start: int
    end: int
    part: bool


def bodies(found: Inventory, symbols: Sequence[Symbol], contents: Contents) -> tuple[Body, ...]:
    """All code of all functions, in the order of the addresses.

    An unlikely part whose function can't be told is left out. Raises ElfError for what no compiler makes.
    """
    starts = sorted({int(symbol.vaddr) for symbol in symbols})
    made = {
        each.vaddr: Body(owner, each.vaddr, _end(each.vaddr, each.size, starts, contents), False)
        for owner, each in found.bodies
    }
    owners = _Owners(symbols, {vaddr: body.function for vaddr, body in made.items()})
    for symbol in symbols:
        if is_cold_part(symbol.name) and symbol.vaddr not in made:
            owner = owners.of(symbol)
            if owner is not None:
                made[symbol.vaddr] = Body(
                    owner, symbol.vaddr, _end(symbol.vaddr, symbol.size, starts, contents), True
                )
    room = sum(len(each.content) for each in contents.ranges if each.executable)
    if sum(min(body.end - body.start, room) for body in made.values()) > MAX_SHARING * room:
        raise ElfError("its functions share more of their code than any compiler makes them")
    return tuple(made[start] for start in sorted(made))


class _Owners:
    """Functions by the spelling of their symbols, and by the source file for local ones."""

    def __init__(self, symbols: Iterable[Symbol], functions: dict[int, int]) -> None:
        self.known: dict[str, set[tuple[str, int]]] = defaultdict(set)
        for symbol in symbols:
            if symbol.vaddr in functions:
                unit = symbol.unit if symbol.binding == STB_LOCAL else ""
                self.known[symbol.name].add((unit, functions[symbol.vaddr]))

    def of(self, part: Symbol) -> int | None:
        """The function whose part it is: the one of its source file before one of all files."""
        candidates = self.known.get(COLD.sub("", part.name), set())
        near = {function for unit, function in candidates if unit == part.unit}
        every = near or {function for _, function in candidates}
        return every.pop() if len(every) == 1 else None


def _end(start: int, size: int, starts: Sequence[int], contents: Contents) -> int:
    """Behind the last byte: as the symbol says, or without a size where its section ends or the next begins."""
    if size:
        return start + size
    section = contents.range(start)
    following = bisect_right(starts, start)
    ends = [start + LONGEST_UNSIZED, section.end if section else start, *starts[following : following + 1]]
    return min(ends)
