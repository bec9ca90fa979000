"""Functions without a symbol: where ``.eh_frame`` says that one begins.

Format: Linux Standard Base Core, "Exception Frames" and "DWARF Exception Header Encoding".
"""

import struct
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from typing import IO, NamedTuple

from funkqa.elf import sections
from funkqa.elf.image import STB_LOCAL, Symbol
from funkqa.elf.reading import readable
from funkqa.elf.sections import Code, Section
from funkqa.model.units import Vaddr

ABSOLUTE, PC_RELATIVE = 0x00, 0x10
FORMATS = {0x2: "H", 0x3: "I", 0x4: "Q", 0xA: "h", 0xB: "i", 0xC: "q"}
"""DW_EH_PE: udata2, 4, 8 and sdata2, 4, 8; 0 is an address."""
EXTENDED = 0xFFFFFFFF


Frame = tuple[int, int]
"""Address and size of the code that one frame description entry describes."""


def unnamed_functions(stream: IO[bytes], where: str, known: Iterable[Symbol]) -> tuple[Symbol, ...]:
    """A symbol ``function_at_1139`` for each start of a frame that lies in none of the ``known`` functions.

    The entry of the file is called ``_start``, as linkers do. Without symbols the unlikely part of a function,
    which has a frame of its own, can't be told from a function. Raises ElfError if the file isn't well-formed.
    """
    section = sections.read(stream, where, ".eh_frame")
    if section is None:
        return ()
    code = sections.code(stream, where)
    with readable(where):
        frames = sorted(set(_unnamed(section, code, known)))
    return tuple(Symbol(_name(vaddr, code), Vaddr(vaddr), size, STB_LOCAL, "") for vaddr, size in frames)


def has_unnamed_functions(stream: IO[bytes], where: str, known: Iterable[Symbol]) -> bool:
    """Whether there are any, which takes a tenth of the time. Raises ElfError as the former does."""
    section = sections.read(stream, where, ".eh_frame")
    if section is None:
        return False
    with readable(where):
        return any(True for _ in _unnamed(section, sections.code(stream, where), known))


def _unnamed(section: Section, code: Code, known: Iterable[Symbol]) -> Iterator[Frame]:
    taken = _Spans((symbol.vaddr, symbol.vaddr + max(symbol.size, 1)) for symbol in known)
    there = _Spans((part.start, part.stop) for part in code.ranges)
    return (frame for frame in _frames(section, code) if frame[0] in there and frame[0] not in taken)


def _name(vaddr: int, code: Code) -> str:
    return "_start" if vaddr == code.entry else f"function_at_{vaddr:x}"


class _Spans:
    """The addresses of all ranges, each from its start to before its end."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        ordered = sorted(spans)
        self.starts = [start for start, _ in ordered]
        self.ends = list(accumulate((end for _, end in ordered), max))

    def __contains__(self, vaddr: int) -> bool:
        before = bisect_right(self.starts, vaddr)
        return before > 0 and vaddr < self.ends[before - 1]


def _frames(section: Section, code: Code) -> Iterator[Frame]:
    """The frame description entries; ends at the first that has no length, as unwinders do."""
    content, order = section.content, code.order
    word, long = struct.Struct(f"{order}I").unpack_from, struct.Struct(f"{order}Q").unpack_from
    limit = 1 << code.bits
    encodings: dict[int, int] = {}
    ways: dict[int, _Way] = {}
    at = 0
    while at + 4 <= len(content):
        (size,), start = word(content, at), at + 4
        if size == EXTENDED:
            (size,), start = long(content, start), start + 8
        if not size:
            return
        end = start + size
        if end > len(content):
            raise ValueError("a frame doesn't lie in .eh_frame")
        (back,) = word(content, start)
        if back == 0:
            encodings[at] = _encoding(content[start + 4 : end], code)
        else:
            encoding = encodings[start - back]
            if (way := ways.get(encoding)) is None:
                way = ways[encoding] = _way(encoding, code)
            begin, length = way.unpack(content, start + 4)
            if way.relative:
                begin += section.vaddr + start + 4
            if length:
                yield begin % limit, length % limit
        at = end


class _Way(NamedTuple):
    """How the frames of a common information entry give their start and length."""

    unpack: Callable[[bytes, int], tuple[int, ...]]
    relative: bool


def _way(encoding: int, code: Code) -> _Way:
    if encoding & 0x70 not in (ABSOLUTE, PC_RELATIVE):
        raise ValueError(f"frames are encoded in the way {encoding:#x}")
    form = struct.Struct(code.order + 2 * _format(encoding, code))
    return _Way(form.unpack_from, encoding & 0x70 == PC_RELATIVE)


def _encoding(cie: bytes, code: Code) -> int:
    """How the frames of a common information entry encode addresses: its augmentation ``R``."""
    version, rest = cie[0], cie[1:]
    letters, _, rest = rest.partition(b"\0")
    if not letters:
        return ABSOLUTE
    if not letters.startswith(b"z"):
        raise ValueError(f"frames are augmented in the way {letters!r}")
    for _ in ("code alignment", "data alignment"):
        rest = _after_leb128(rest)
    rest = _after_leb128(rest[1:] if version == 1 else _after_leb128(rest))  # return address, then length
    for letter in letters[1:].decode("latin-1"):
        if letter == "R":
            return rest[0]
        if letter == "P":
            rest = rest[1 + struct.calcsize("=" + _format(rest[0], code)) :]
        elif letter == "L":
            rest = rest[1:]
    return ABSOLUTE


def _after_leb128(content: bytes) -> bytes:
    for number, byte in enumerate(content, 1):
        if not byte & 0x80:
            return content[number:]
    raise ValueError("a number of .eh_frame has no end")


def _format(encoding: int, code: Code) -> str:
    if not encoding & 0xF:
        return "Q" if code.bits == 64 else "I"
    return FORMATS[encoding & 0xF]
