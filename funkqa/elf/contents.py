"""What lies at the addresses of an image: sections, relocated pointers, and named objects.

Formats: System V gABI, chapters 4 and 5; "System V ABI, AMD64 Architecture Processor Supplement", chapter 4.4
(relocations); the proposal for ``SHT_RELR`` (https://groups.google.com/g/generic-abi/c/bX460iggiKg).
"""

import struct
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, NamedTuple

from elftools.elf.elffile import ELFFile

from funkqa.elf.image import BIG, LITTLE, SHF_EXECINSTR
from funkqa.elf.names import unadorned
from funkqa.elf.reading import bytes_of, opened, readable

SHF_WRITE, SHF_ALLOC, SHF_TLS = 0x1, 0x2, 0x400
STT_OBJECT, STT_TLS = 1, 6
SHN_UNDEF, SHN_LORESERVE = 0, 0xFF00
SHT_RELR = 19
R_64, R_COPY, R_RELATIVE, R_DTPMOD64, R_DTPOFF64, R_TPOFF64, R_TLSDESC, R_IRELATIVE = 1, 5, 8, 16, 17, 18, 36, 37
THREAD_LOCAL = frozenset((R_DTPMOD64, R_DTPOFF64, R_TPOFF64, R_TLSDESC))
RELRO = ".data.rel.ro"
"""Constants that hold addresses: written by the loader once, then read-only."""


class Range(NamedTuple):
    """A section that is mapped: its addresses and bytes (none for NOBITS), and what may be done with them."""

    start: int
    end: int
    name: str
    content: bytes
    executable: bool
    constant: bool


class Pointer(NamedTuple):
    """What the loader writes: an address (0 for one in another image), its symbol, the kind of relocation."""

    target: int
    symbol: str
    kind: int


class Object(NamedTuple):
    """A named object. Numbers that compilers put behind names of local ones aren't part of the name."""

    start: int
    size: int
    name: str


@dataclass(frozen=True, slots=True)
class Contents:
    """All that is mapped of an image, in the order of the addresses; ``places`` are those of the ``pointers``."""

    ranges: tuple[Range, ...]
    pointers: Mapping[int, Pointer]
    places: tuple[int, ...]
    objects: tuple[Object, ...]
    fixed: bool
    """It is no PIE and no library: the addresses stand in its code as they are."""

    def range(self, address: int) -> Range | None:
        index = bisect_right(self.ranges, address, key=lambda each: each.start) - 1
        found = self.ranges[index] if index >= 0 else None
        return found if found and address < found.end else None

    def bytes(self, address: int, size: int) -> bytes:
        """The bytes at an address; fewer at the end of its section."""
        found = self.range(address)
        return found.content[address - found.start : address - found.start + size] if found else b""

    def object(self, address: int) -> Object | None:
        """The object that holds the address, or begins there without a size."""
        index = bisect_right(self.objects, address, key=lambda each: each.start) - 1
        found = self.objects[index] if index >= 0 else None
        return found if found and address < found.start + max(found.size, 1) else None

    def relocated(self, start: int, end: int) -> tuple[int, ...]:
        """Where the loader writes between two addresses."""
        return self.places[bisect_left(self.places, start) : bisect_left(self.places, end)]


NOTHING = Contents((), {}, (), (), False)


def read_contents(image: IO[bytes], symbols: IO[bytes], where: str) -> Contents:
    """``image`` is the file itself, ``symbols`` the one that has its symbols. Raises ElfError."""
    with readable(where):
        elf, other = opened(image), opened(symbols)
        ranges = tuple(sorted(_ranges(elf)))
        fixed = elf["e_type"] == "ET_EXEC"
        pointers = dict(_fixed_pointers(elf, ranges) if fixed else ())
        pointers |= _pointers(elf)
        found = {each.start: each for each in _objects(elf, ".dynsym")}
        found |= {each.start: each for each in _objects(other, ".symtab")}
        return Contents(
            ranges=ranges,
            pointers=pointers,
            places=tuple(sorted(pointers)),
            objects=tuple(found[start] for start in sorted(found)),
            fixed=fixed,
        )


def _ranges(elf: ELFFile) -> Iterator[Range]:
    for section in elf.iter_sections():
        flags, start, size = section["sh_flags"], section["sh_addr"], section["sh_size"]
        if flags & SHF_ALLOC and size and not (flags & SHF_TLS and section["sh_type"] == "SHT_NOBITS"):
            constant = not flags & SHF_WRITE or section.name.startswith(RELRO)
            content = bytes_of(elf, section)
            yield Range(start, start + size, section.name, content, bool(flags & SHF_EXECINSTR), constant)


def _pointers(elf: ELFFile) -> Iterator[tuple[int, Pointer]]:
    if elf.elfclass != 64:
        return
    order = LITTLE if elf.little_endian else BIG
    for section in elf.iter_sections():
        if section["sh_type"] == "SHT_RELA" and section["sh_flags"] & SHF_ALLOC:
            table = elf.get_section(section["sh_link"]) if section["sh_link"] else None
            known = list(_symbols(elf, table)) if table is not None else []
            for place, about, addend in struct.iter_unpack(f"{order}QQq", bytes_of(elf, section)):
                kind, number = about & 0xFFFFFFFF, about >> 32
                name, value, _, _, index = known[number] if number else ("", 0, 0, 0, SHN_UNDEF)
                here = not number or (index != SHN_UNDEF and kind != R_COPY)
                yield place, Pointer(value + addend if here else 0, name.partition("@")[0], kind)
        elif section["sh_type"] in (SHT_RELR, "SHT_RELR"):
            words = (word for (word,) in struct.iter_unpack(f"{order}Q", bytes_of(elf, section)))
            content = {each.start: each for each in _ranges(elf)}
            starts = sorted(content)
            for place in _relr(words):
                inside = content[starts[bisect_right(starts, place) - 1]]
                (target,) = struct.unpack_from(f"{order}Q", inside.content, place - inside.start)
                yield place, Pointer(target, "", R_RELATIVE)


def _fixed_pointers(elf: ELFFile, ranges: Sequence[Range]) -> Iterator[tuple[int, Pointer]]:
    """What no loader has to write: words among the constants that are addresses of the image."""
    form = f"{LITTLE if elf.little_endian else BIG}Q"
    lowest, highest = ranges[0].start, ranges[-1].end
    for each in ranges:
        if each.name.startswith((".rodata", RELRO)):
            first = -each.start % 8
            words = memoryview(each.content)[first : first + (len(each.content) - first) // 8 * 8]
            for number, (word,) in enumerate(struct.iter_unpack(form, words)):
                if lowest <= word < highest:
                    yield each.start + first + 8 * number, Pointer(word, "", R_RELATIVE)


def _relr(words: Iterable[int]) -> Iterator[int]:
    """An even word is a place, an odd one a bitmap of the 63 places behind."""
    following = 0
    for word in words:
        if word & 1 == 0:
            yield word
            following = word + 8
        else:
            yield from (following + 8 * bit for bit in range(63) if word >> bit + 1 & 1)
            following += 63 * 8


def _objects(elf: ELFFile, table: str) -> Iterator[Object]:
    """Each object once, by the name that sorts first of its longest; thread-local ones have no address."""
    section = elf.get_section_by_name(table)
    best: dict[int, tuple[bool, int, int, str]] = {}
    for name, value, size, about, index in _symbols(elf, section) if section is not None else ():
        if about & 0xF == STT_OBJECT and index not in (SHN_UNDEF,) and index < SHN_LORESERVE:
            plain = unnumbered(name)
            rank = (about >> 4 == 0, -size, len(plain), plain)
            best[value] = min(best.get(value, rank), rank)
    yield from (Object(value, -negative, name) for value, (_, negative, _, name) in best.items())


def unnumbered(name: str) -> str:
    """``buffer.1`` and ``buffer.lto_priv.0`` are ``buffer``; ``stdin@GLIBC_2.2.5`` is ``stdin``."""
    name = unadorned(name)
    stem, dot, number = name.rpartition(".")
    return stem if dot and stem and number.isdigit() else name


def _symbols(elf: ELFFile, section: Any) -> Iterator[tuple[str, int, int, int, int]]:
    """Name, value, size, ``st_info`` and section of each symbol."""
    order = LITTLE if elf.little_endian else BIG
    strings = bytes_of(elf, elf.get_section(section["sh_link"]))
    content = bytes_of(elf, section)
    if elf.elfclass == 64:
        rows = ((row[0], row[4], row[5], row[1], row[3]) for row in struct.iter_unpack(f"{order}IBBHQQ", content))
    else:
        rows = ((row[0], row[1], row[2], row[3], row[5]) for row in struct.iter_unpack(f"{order}IIIBBH", content))
    for start, value, size, about, index in rows:
        name = strings[start : strings.index(b"\0", start)].decode(errors="backslashreplace")
        yield name, value, size, about, index
