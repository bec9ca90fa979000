"""Direct jumps that land behind a function's entry.

Assembly has them: glibc's mempcpy adds the length and jumps into memmove, past its first instruction. A probe at
or behind such a landing would be hit although the function was never entered. A loop of the function itself is
no better: who came in by a way that isn't seen here (a computed jump) may come to its head.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from struct import Struct
from typing import NamedTuple

from funkqa.elf.image import Segment
from funkqa.model.units import Vaddr

NEAR = {
    rb"\xe8": 1,
    rb"\xe9": 1,
    rb"\x0f[\x80-\x8f]": 2,
    rb"\x8d(?<=[\x48\x4c].)[\x05\x0d\x15\x1d\x25\x2d\x35\x3d]": 3,
}
"""call, jmp and jcc with a displacement of 4 bytes behind them, and lea of an address, which a computed jump may
take; and the length of all before the displacement.

Each begins with one byte, for which a whole image is searched in a tenth of the time of a choice of bytes.
"""

SHORT = re.compile(rb"[\x70-\x7f\xe0-\xe3\xeb]")
"""jcc, loop, jrcxz and jmp with a displacement of 1 byte."""

SHORT_REACH = 130
FARTHEST_START = 1 << 16
"""How far before a jump, in bytes, the start of its function may lie for the code between to be decoded."""

PREFIXES = bytes((0x26, 0x2E, 0x36, 0x3E, *range(0x40, 0x50), *range(0x64, 0x68), 0xF2, 0xF3))
"""Legacy and REX prefixes: those of a jump change nothing (``bnd jmp``, ``rex.W call``)."""

MAX_INSTRUCTION = 15
BLOCK = 1 << 16
"""Bytes that are searched at a time: so few stay in the processor's cache, and in memory that is used again."""

LONGEST = 7
"""Bytes of what ``NEAR`` finds, with its displacement."""

Decode = Callable[[bytes, int], Iterator[int]]


class Stretch(NamedTuple):
    """Where no jump may land: the instructions behind ``entry`` up to ``last``."""

    entry: Vaddr
    last: Vaddr


class Code(NamedTuple):
    """The bytes of a segment; ``read`` gives those of the file, by offset and length."""

    segment: Segment
    read: Callable[[int, int], bytes]

    def between(self, start: int, end: int) -> bytes:
        """The bytes at these addresses, as far as they lie in the segment."""
        vaddr, offset, size = self.segment
        first, behind = max(start - vaddr, 0), min(end - vaddr, size)
        return self.read(offset + first, behind - first) if first < behind else b""


def landings(
    code: Code, stretches: Sequence[Stretch], starts: Sequence[Vaddr], decode: Decode
) -> dict[Vaddr, Vaddr]:
    """The first landing in each stretch that has one, by the stretch's entry.

    ``stretches`` and ``starts`` (addresses of all symbols) are sorted. ``decode`` gives the addresses of the
    instructions of some code at an address: bytes that only look like a jump are none.
    """
    found: dict[Vaddr, Vaddr] = {}
    for stretch, source, landing in _candidates(code, stretches):
        known = found.get(stretch.entry)
        if (
            (known is None or landing < known)
            and _is_instruction(landing, code, stretch.entry, b"", decode)
            and _is_instruction(source, code, _start_before(source, code, starts), PREFIXES, decode)
        ):
            found[stretch.entry] = landing
    return found


def _candidates(code: Code, stretches: Sequence[Stretch]) -> Iterator[tuple[Stretch, Vaddr, Vaddr]]:
    """(stretch, source, landing) of all that looks like a jump into a stretch."""
    inside = {address: each for each in stretches for address in range(each.entry + 1, each.last + 1)}
    begin = code.segment.vaddr
    patterns = _near_patterns(code.segment.size)
    for start in range(begin, begin + code.segment.size, BLOCK):
        # What lies across the border belongs to the block in front of it.
        block = code.between(start, start + BLOCK + LONGEST - 1)
        if not block:  # the file ends before its segment
            break
        for source, landing in _near(patterns, block, start, inside):
            yield inside[landing], Vaddr(source), Vaddr(landing)
    for stretch in stretches:
        start = max(stretch.entry - SHORT_REACH, begin)
        near = code.between(start, stretch.last + SHORT_REACH)
        for match in SHORT.finditer(near, 0, max(len(near) - 1, 0)):
            at = match.end()
            landing = start + at + 1 + (near[at] ^ 0x80) - 0x80
            if stretch.entry < landing <= stretch.last:
                yield stretch, Vaddr(start + at - 1), Vaddr(landing)


def _near_patterns(size: int) -> Mapping[re.Pattern[bytes], int]:
    """``NEAR`` with displacements that stay in a segment of this size, by their highest byte."""
    far = min(size >> 24, 0x7F)
    within = b"(?=...[\\x00-\\x%02x\\x%02x-\\xff])" % (far, 0xFF - far)
    return {re.compile(opcode + within, re.DOTALL): length for opcode, length in NEAR.items()}


def _near(
    patterns: Mapping[re.Pattern[bytes], int], block: bytes, start: int, inside: Mapping[int, Stretch]
) -> Iterator[tuple[int, int]]:
    """(source, landing) of what the patterns find and leads to an address of ``inside``."""
    displacement, following = Struct("<i").unpack_from, start + 4
    for pattern, length in patterns.items():
        for match in pattern.finditer(block):
            at = match.end()
            landing = following + at + displacement(block, at)[0]
            if landing in inside:
                yield start + at - length, landing


def _start_before(source: Vaddr, code: Code, starts: Sequence[Vaddr]) -> Vaddr | None:
    """The symbol that ``source`` belongs to, if it is near enough to decode from there."""
    index = bisect_right(starts, source) - 1
    known = index >= 0 and starts[index] >= code.segment.vaddr and source - starts[index] <= FARTHEST_START
    return starts[index] if known else None


def _is_instruction(address: Vaddr, code: Code, start: Vaddr | None, prefixes: bytes, decode: Decode) -> bool:
    """Whether an instruction begins at ``address``, or its prefixes right before it, decoding from ``start``.

    Yes if that can't be told.
    """
    if start is None:
        return True
    before = start
    for place in decode(code.between(start, address + MAX_INSTRUCTION), start):
        if place >= address:
            return place == address or all(byte in prefixes for byte in code.between(before, address))
        before = Vaddr(place)
    return True
