"""A quick walk over ``.debug_info``: which entries are functions with code, and which functions were inlined.

Only tags, and references of inlined calls, are read here; names, files and lines of the few entries that matter
are libdw's business. Format: DWARF 5, chapter 7; versions 2 to 5 and dwz's forms ("DWARF Extensions" of elfutils).
"""

import struct
import zlib
from collections.abc import Iterator
from typing import IO, Literal, NamedTuple

from elftools.elf.elffile import ELFFile

from funkqa.elf.reading import bytes_of, opened, readable

Order = Literal["little", "big"]

SUBPROGRAM, INLINED_CALL = 0x2E, 0x1D
LOW_PC, RANGES, ABSTRACT_ORIGIN = 0x11, 0x55, 0x31
ADDRESS, OFFSET = "address", "offset"
LEB, BLOCK, BLOCK_1, BLOCK_2, BLOCK_4, STRING = -1, -2, -3, -4, -5, -6
_BY_SIZE: dict[int | str, tuple[int, ...]] = {
    ADDRESS: (0x01,),
    OFFSET: (0x10, 0x0E, 0x17, 0x1F, 0x1D, 0x1F20, 0x1F21),
    0: (0x19, 0x21),
    1: (0x0B, 0x0C, 0x11, 0x25, 0x29),
    2: (0x05, 0x12, 0x26, 0x2A),
    3: (0x27, 0x2B),
    4: (0x06, 0x13, 0x1C, 0x28, 0x2C),
    8: (0x07, 0x14, 0x20, 0x24),
    16: (0x1E,),
    LEB: (0x0D, 0x0F, 0x15, 0x1A, 0x1B, 0x22, 0x23, 0x1F01, 0x1F02),
    BLOCK: (0x09, 0x18),
    BLOCK_1: (0x0A,),
    BLOCK_2: (0x03,),
    BLOCK_4: (0x04,),
    STRING: (0x08,),
}
FORMS = {form: size for size, forms in _BY_SIZE.items() for form in forms}
"""Size of an attribute's value by its form: bytes, a word of the unit, or a kind whose length lies in the value.

DW_FORM_indirect is not among them: no compiler writes it.
"""

LENGTH_BYTES = {BLOCK_1: 1, BLOCK_2: 2, BLOCK_4: 4}
IMPLICIT_CONST = 0x21
MAX_LEB_BITS = 70
SHF_COMPRESSED, ZLIB = 0x800, 1
MAX_EXPANSION, ROOM = 64, 1 << 20
"""Compressed DWARF is a fifth to a tenth of its size; what would be much larger was made to fill the memory."""
NEAR_REFERENCES = {0x11: 1, 0x12: 2, 0x13: 4, 0x14: 8}
REF_UDATA, REF_ADDR, REF_ALT, REF_SUP4, REF_SUP8 = 0x15, 0x10, 0x1F20, 0x1C, 0x24


class Entries(NamedTuple):
    """Offsets of entries: functions with code, and functions of which some call was inlined.

    ``elsewhere`` are such functions in the supplementary (dwz) file.
    """

    with_code: list[int]
    inlined: set[int]
    elsewhere: set[int]


class _Shape(NamedTuple):
    """What an abbreviation says of its entries.

    ``steps`` skip one value after the other, adjacent ones of fixed size at once; ``size`` is their sum if all are
    fixed, else -1. ``origin`` is the form of the abstract origin and the steps before it (inlined calls only).
    """

    size: int
    steps: tuple[int, ...]
    with_code: bool
    origin: tuple[int, tuple[int, ...]] | None


def read(stream: IO[bytes], where: str) -> Entries:
    """The entries of a file; none if it has no DWARF. Raises ElfError if its tables aren't well-formed."""
    with readable(where):
        elf = opened(stream)
        order: Order = "little" if elf.little_endian else "big"
        return entries(_debug(elf, ".debug_info"), _debug(elf, ".debug_abbrev"), order)


def _debug(elf: ELFFile, name: str) -> bytes:
    """A section's bytes, decompressed (gABI, chapter 4, "Section Compression"); empty if there is none."""
    section = elf.get_section_by_name(name)
    if section is None:
        return b""
    content = bytes_of(elf, section)
    if not section["sh_flags"] & SHF_COMPRESSED:
        return content
    order, wide = "<" if elf.little_endian else ">", elf.elfclass == 64
    form = f"{order}I4xQ8x" if wide else f"{order}II4x"
    kind, size = struct.unpack_from(form, content)
    if kind != ZLIB:
        raise ValueError(f"{name} is compressed in a way that funkqa can't read; eu-elfcompress --type=none can")
    if size > MAX_EXPANSION * len(content) + ROOM:
        raise ValueError(f"{name} is compressed more than any program's")
    try:
        return zlib.decompressobj().decompress(content[struct.calcsize(form) :], size)
    except zlib.error as error:
        raise ValueError(f"{name} is damaged: {error}") from error


def entries(units: bytes, abbreviations: bytes, order: Order) -> Entries:
    """Walk ``.debug_info`` (``units``) with its ``.debug_abbrev``.

    Raises ValueError, IndexError or KeyError for what isn't well-formed.
    """
    walk = _Walk(units, abbreviations, order)
    at = 0
    while at < len(units):
        at = walk.unit(at)
    return walk.found


class _Walk:
    def __init__(self, units: bytes, abbreviations: bytes, order: Order) -> None:
        self.units, self.abbreviations, self.order = units, abbreviations, order
        self.found = Entries([], set(), set())
        self.shapes: dict[tuple[int, int, int, int], dict[int, _Shape]] = {}

    def number(self, at: int, size: int) -> int:
        if at + size > len(self.units):
            raise ValueError("DWARF is cut off")
        return int.from_bytes(self.units[at : at + size], self.order)

    def unit(self, start: int) -> int:
        """Walk the unit at ``start``; returns where the next one begins."""
        length, at, word = self.number(start, 4), start + 4, 4
        if length == 0xFFFFFFFF:
            length, at, word = self.number(at, 8), at + 8, 8
        end = at + length
        version, at = self.number(at, 2), at + 2
        if end > len(self.units) or not 2 <= version <= 5:
            raise ValueError("DWARF has a unit that doesn't lie in its section, or is of an unknown version")
        kind = 0
        if version == 5:
            kind, address, table = self.number(at, 1), self.number(at + 1, 1), self.number(at + 2, word)
            at += 2 + word
        else:
            table, address = self.number(at, word), self.number(at + word, 1)
            at += word + 1
        at += {4: 8, 5: 8, 2: 8 + word, 6: 8 + word}.get(kind, 0)  # skeleton, split; type, split type
        key = (table, address, word, version)
        if key not in self.shapes:
            self.shapes[key] = dict(_shapes(self.abbreviations, *key))
        self._entries(start, at, end, self.shapes[key], word if version > 2 else address)
        return end

    def _entries(self, start: int, at: int, end: int, shapes: dict[int, _Shape], word: int) -> None:
        units, with_code = self.units, self.found.with_code
        while at < end:
            entry, code = at, units[at]
            at += 1
            if code > 0x7F:
                code, at = _leb(units, entry)
            if not code:
                continue
            size, steps, has_code, origin = shapes[code]
            if has_code:
                with_code.append(entry)
            elif origin is not None:
                self._inlined(start, _skipped(units, at, origin[1], self.order), origin[0], word)
            at = at + size if size >= 0 else _skipped(units, at, steps, self.order)
        if at != end:
            raise ValueError("a DWARF unit ends in the middle of an entry")

    def _inlined(self, start: int, at: int, form: int, word: int) -> None:
        if form in NEAR_REFERENCES:
            self.found.inlined.add(start + self.number(at, NEAR_REFERENCES[form]))
        elif form == REF_UDATA:
            self.found.inlined.add(start + _leb(self.units, at)[0])
        elif form == REF_ADDR:
            self.found.inlined.add(self.number(at, word))
        elif form in (REF_ALT, REF_SUP4, REF_SUP8):
            self.found.elsewhere.add(self.number(at, {REF_SUP4: 4, REF_SUP8: 8}.get(form, word)))


def _skipped(units: bytes, at: int, steps: tuple[int, ...], order: Order) -> int:
    """Where the values end that ``steps`` describe."""
    for step in steps:
        if step >= 0:
            at += step
        elif step == BLOCK:
            length, at = (units[at], at + 1) if units[at] < 0x80 else _leb(units, at)
            at += length
        elif step == LEB:
            while units[at] > 0x7F:
                at += 1
            at += 1
        elif step == STRING:
            at = units.index(b"\0", at) + 1
        else:
            size = LENGTH_BYTES[step]
            at += size + int.from_bytes(units[at : at + size], order)
    return at


def _leb(content: bytes, at: int) -> tuple[int, int]:
    """An unsigned number of LEB128, and where it ends."""
    value = shift = 0
    while True:
        byte = content[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
        if shift > MAX_LEB_BITS:
            raise ValueError("DWARF with a number that no compiler writes")


def _shapes(table: bytes, at: int, address: int, word: int, version: int) -> Iterator[tuple[int, _Shape]]:
    """The abbreviations of the table at ``at``, by their code."""
    words = {ADDRESS: address, OFFSET: word}
    while True:
        code, at = _leb(table, at)
        if not code:
            return
        tag, at = _leb(table, at)
        at += 1  # whether it has children: entries are read one after the other
        steps: list[int] = []
        with_code, origin = False, None
        while True:
            name, at = _leb(table, at)
            form, at = _leb(table, at)
            if not name and not form:
                break
            if form == IMPLICIT_CONST:
                _, at = _leb(table, at)
            if tag == SUBPROGRAM and name in (LOW_PC, RANGES):
                with_code = True
            if tag == INLINED_CALL and name == ABSTRACT_ORIGIN:
                origin = (form, tuple(steps))
            if form not in FORMS:
                raise ValueError(f"DWARF with an unknown form {form:#x}")
            size = FORMS[form]
            if form == REF_ADDR and version == 2:
                size = ADDRESS
            step = words[size] if isinstance(size, str) else size
            if step >= 0 and steps and steps[-1] >= 0:
                steps[-1] += step
            else:
                steps.append(step)
        fixed = sum(steps) if all(step >= 0 for step in steps) else -1
        yield code, _Shape(fixed, tuple(steps), with_code, origin)
