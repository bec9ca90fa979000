"""Direct jumps that land behind a function's entry.

Assembly has them: glibc's mempcpy adds the length and jumps into memmove, past its first instruction. A probe at
or behind such a landing would be hit although the function was never entered. A loop of the function itself is
no better: who came in by a way that isn't seen here (a computed jump) may come to its head.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from struct import Struct
from typing import NamedTuple

from funkqa.model.units import Vaddr

NEAR = re.compile(
    rb"[\xe8\xe9](?=(....))|\x0f[\x80-\x8f](?=(....))|[\x48\x4c]\x8d[\x05\x0d\x15\x1d\x25\x2d\x35\x3d](?=(....))",
    re.DOTALL,
)
"""call, jmp and jcc with a displacement of 4 bytes, and lea of an address, which a computed jump may take.

Lookahead, for what looks like one may overlap a real one."""

SHORT = re.compile(rb"[\x70-\x7f\xe0-\xe3\xeb](?=(.))", re.DOTALL)
"""jcc, loop, jrcxz and jmp with a displacement of 1 byte."""

SHORT_REACH = 130
FARTHEST_START = 1 << 16
"""How far before a jump, in bytes, the start of its function may lie for the code between to be decoded."""

PREFIXES = bytes((0x26, 0x2E, 0x36, 0x3E, *range(0x40, 0x50), *range(0x64, 0x68), 0xF2, 0xF3))
"""Legacy and REX prefixes: those of a jump change nothing (``bnd jmp``, ``rex.W call``)."""

MAX_INSTRUCTION = 15


class Stretch(NamedTuple):
    """Where no jump may land: the instructions behind ``entry`` up to ``last``."""

    entry: Vaddr
    last: Vaddr


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
            and _is_instruction(landing, code, base, stretch.entry, b"", decode)
            and _is_instruction(source, code, base, _start_before(source, base, starts), PREFIXES, decode)
        ):
            found[stretch.entry] = landing
    return found


def _candidates(code: bytes, base: Vaddr, stretches: Sequence[Stretch]) -> Iterator[tuple[Stretch, Vaddr, Vaddr]]:
    """(stretch, source, landing) of all that looks like a jump into a stretch."""
    inside = {address: each for each in stretches for address in range(each.entry + 1, each.last + 1)}
    displacement = Struct("<i").unpack_from
    for match in NEAR.finditer(code):
        at = match.end()
        landing = base + at + 4 + displacement(code, at)[0]
        if landing in inside:
            yield inside[landing], Vaddr(base + match.start()), Vaddr(landing)
    for stretch in stretches:
        first, end = stretch.entry - SHORT_REACH, stretch.last + SHORT_REACH
        for match in SHORT.finditer(code, max(first - base, 0), max(end - base, 0)):
            at = match.start()
            if at + 1 < len(code):
                landing = base + at + 2 + (code[at + 1] ^ 0x80) - 0x80
                if stretch.entry < landing <= stretch.last:
                    yield stretch, Vaddr(base + at), Vaddr(landing)


def _start_before(source: Vaddr, base: Vaddr, starts: Sequence[Vaddr]) -> Vaddr | None:
    """The symbol that ``source`` belongs to, if it is near enough to decode from there."""
    index = bisect_right(starts, source) - 1
    known = index >= 0 and starts[index] >= base and source - starts[index] <= FARTHEST_START
    return starts[index] if known else None


def _is_instruction(
    address: Vaddr,
    code: bytes,
    base: Vaddr,
    start: Vaddr | None,
    prefixes: bytes,
    decode: Callable[[bytes, int], Iterator[int]],
) -> bool:
    """Whether an instruction begins at ``address``, or its prefixes right before it, decoding from ``start``.

    Yes if that can't be told.
    """
    if start is None:
        return True
    before = start
    for place in decode(code[start - base : address - base + MAX_INSTRUCTION], start):
        if place >= address:
            return place == address or all(byte in prefixes for byte in code[before - base : address - base])
        before = Vaddr(place)
    return True
