"""Direct jumps that land behind a function's entry, from outside of it.

Assembly has them: glibc's mempcpy adds the length and jumps into memmove, past its first instruction. A probe at
or behind such a landing would be hit although the function was never entered.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from funkqa.model.units import Vaddr

NEAR = re.compile(rb"[\xe8\xe9](?=(....))|\x0f[\x80-\x8f](?=(....))", re.DOTALL)
"""call, jmp and jcc with a displacement of 4 bytes; lookahead, for what looks like one may overlap a real one."""

SHORT = re.compile(rb"[\x70-\x7f\xe0-\xe3\xeb](?=(.))", re.DOTALL)
"""jcc, loop, jrcxz and jmp with a displacement of 1 byte."""

SHORT_REACH = 130
FARTHEST_START = 1 << 16
"""How far before a jump, in bytes, the start of its function may lie for the code between to be decoded."""


class Stretch(NamedTuple):
    """Where no jump from outside of the function may land: its instructions behind ``entry`` up to ``last``."""

    entry: Vaddr
    last: Vaddr
    end: Vaddr


MAX_INSTRUCTION = 15


def landings(
    code: bytes,
    base: Vaddr,
    stretches: Sequence[Stretch],
    starts: Sequence[Vaddr],
    decode: Callable[[bytes, int], Iterator[int]],
) -> dict[Vaddr, Vaddr]:
    """The first landing in each stretch that has one, by the stretch's entry.

    ``code`` lies at ``base``; ``stretches`` and ``starts`` (addresses of all symbols) are sorted. ``decode`` gives
    the addresses of the instructions of some code at an address: bytes that only look like a jump are none.
    """
    found: dict[Vaddr, Vaddr] = {}
    for stretch, source, landing in _candidates(code, base, stretches):
        known = found.get(stretch.entry)
        if (
            (known is None or landing < known)
            and _is_instruction(landing, code, base, stretch.entry, decode)
            and _is_instruction(source, code, base, _start_before(source, base, starts), decode)
        ):
            found[stretch.entry] = landing
    return found


def _candidates(code: bytes, base: Vaddr, stretches: Sequence[Stretch]) -> Iterator[tuple[Stretch, Vaddr, Vaddr]]:
    """(stretch, source, landing) of all that looks like a jump from outside the function into its stretch."""
    entries = [stretch.entry for stretch in stretches]
    for match in NEAR.finditer(code):
        after = match.end() + 4
        landing = base + after + int.from_bytes(code[after - 4 : after], "little", signed=True)
        index = bisect_left(entries, landing) - 1
        if index >= 0 and landing <= stretches[index].last:
            source = base + match.start()
            if not stretches[index].entry <= source < stretches[index].end:
                yield stretches[index], Vaddr(source), Vaddr(landing)
    for stretch in stretches:
        for first, end in (
            (stretch.entry - SHORT_REACH, stretch.entry),
            (stretch.end, stretch.last + SHORT_REACH),
        ):
            for match in SHORT.finditer(code, max(first - base, 0), max(end - base, 0)):
                at = match.start()
                landing = base + at + 2 + (code[at + 1] ^ 0x80) - 0x80
                if stretch.entry < landing <= stretch.last:
                    yield stretch, Vaddr(base + at), Vaddr(landing)


def _start_before(source: Vaddr, base: Vaddr, starts: Sequence[Vaddr]) -> Vaddr | None:
    """The symbol that ``source`` belongs to, if it is near enough to decode from there."""
    index = bisect_right(starts, source) - 1
    known = index >= 0 and starts[index] >= base and source - starts[index] <= FARTHEST_START
    return starts[index] if known else None


def _is_instruction(
    address: Vaddr, code: bytes, base: Vaddr, start: Vaddr | None, decode: Callable[[bytes, int], Iterator[int]]
) -> bool:
    """Whether an instruction begins at ``address``, decoding from ``start``; yes if that can't be told."""
    if start is None:
        return True
    for place in decode(code[start - base : address - base + MAX_INSTRUCTION], start):
        if place >= address:
            return place == address
    return True
