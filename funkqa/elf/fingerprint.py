"""Fingerprints: what the machine code of a function does, wherever the linker put it and what it refers to.

Two builds of one source have the same fingerprints. Opcodes, registers, immediate constants, the functions that
are called and the contents of constants make a difference; addresses, padding, the order of functions and the
names that compilers invent make none.
"""

import hashlib
import struct
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from funkqa.elf.bodies import Body
from funkqa.elf.constants import Constants
from funkqa.elf.contents import Contents
from funkqa.elf.operands import Decoded, Reference, compares, decode
from funkqa.elf.tables import jump_table

DECODED = "x86_64"
"""The architecture whose code is decoded; of others the bytes are compared."""

PADDING = b"\x00\x90\xcc"


class Code(NamedTuple):
    """A body and its instructions."""

    body: Body
    decoded: Decoded


def fingerprints(
    contents: Contents, bodies: Sequence[Body], names: Sequence[str], machine: str
) -> dict[int, bytes]:
    """The fingerprint of each function that has code, by its number.

    ``names`` are the identities of the functions: those of one image agree with those of the other where the
    function is the same.
    """
    if machine != DECODED:
        return _of_bytes(contents, bodies)
    ranges = contents.ranges
    fixed = range(ranges[0].start, ranges[-1].end) if contents.fixed and ranges else range(0)
    decoded = [
        Code(body, decode(contents.bytes(body.start, body.end - body.start), body.start, fixed)) for body in bodies
    ]
    targets = {
        reference.target for code in decoded for reference in code.decoded.references if not reference.jumps
    }
    constants = Constants(contents, bodies, names, targets)
    by_function: dict[int, list[Code]] = defaultdict(list)
    for code in decoded:
        by_function[code.body.function].append(code)
    return {function: _Function(constants, codes).fingerprint() for function, codes in by_function.items()}


def _of_bytes(contents: Contents, bodies: Sequence[Body]) -> dict[int, bytes]:
    found: dict[int, list[bytes]] = defaultdict(list)
    for body in bodies:
        found[body.function].append(contents.bytes(body.start, body.end - body.start).rstrip(PADDING))
    return {function: _digest(sorted(codes)) for function, codes in found.items()}


class _Function:
    """All bodies of one function, which may jump into each other."""

    def __init__(self, constants: Constants, codes: Sequence[Code]) -> None:
        self.constants, self.codes = constants, codes
        self.starts = [code.body.start for code in codes]
        self.addressed: set[int] = set()
        self.accessed: set[int] = set()
        for code in codes:
            for reference in code.decoded.references:
                if not reference.jumps:
                    (self.accessed if reference.size else self.addressed).add(reference.target)

    def fingerprint(self) -> bytes:
        """Bodies have no order: linkers choose that."""
        return _digest(sorted(_digest([self._part(part) for part in code.decoded.parts]) for code in self.codes))

    def _part(self, part: bytes | Reference) -> bytes:
        if isinstance(part, bytes):
            return b"=" + part
        return f"{part.text}\0".encode() + (self._inside(part.target) or self._outside(part))

    def _inside(self, target: int) -> bytes:
        """The number of an instruction of the function itself; empty if the target is elsewhere."""
        index = bisect_right(self.starts, target) - 1
        if index < 0 or target >= self.codes[index].body.end:
            return b""
        body, (_, instructions) = self.codes[index]
        # Padding in front of a loop isn't counted, and a jump there leads to the loop.
        number = bisect_left(instructions, target)
        return f"here {'part' if body.part else ''} {number}".encode()

    def _outside(self, part: Reference) -> bytes:
        if part.size == 0:
            if table := jump_table(self.constants.contents, part.target, self.addressed, self._lands):
                return b"table " + b",".join(map(self._inside, table))
            if part.target not in self.accessed and (ended := self._end_of_known(part.target)):
                return ended
        return self.constants.identity(part.target, part.size)

    def _lands(self, target: int) -> bool:
        index = bisect_right(self.starts, target) - 1
        if index < 0 or target >= self.codes[index].body.end:
            return False
        instructions = self.codes[index].decoded.instructions
        number = bisect_left(instructions, target)
        return number < len(instructions) and instructions[number] - target < 16

    def _end_of_known(self, target: int) -> bytes:
        """The end of an object that the function also uses from its beginning: where a loop over it ends.

        Which object lies behind is up to the linker. So where one begins, only a comparison tells that the end of
        the one in front is meant.
        """
        contents = self.constants.contents
        before, behind = contents.object(target - 1), contents.object(target)
        if before is None or before.start + before.size != target:
            return b""
        if not any(before.start <= each < target for each in self.addressed):
            return b""
        if behind is not None and behind.start == target and not self._compares(target):
            return b""
        return f"end of {before.name}".encode()

    def _compares(self, target: int) -> bool:
        return any(
            compares(self.constants.contents.bytes(body.start, body.end - body.start), body.start, target)
            for body, _ in self.codes
        )


def _digest(parts: Sequence[bytes]) -> bytes:
    sizes = struct.pack(f"<{len(parts)}I", *map(len, parts))
    return hashlib.blake2b(sizes + b"".join(parts), digest_size=16).digest()
