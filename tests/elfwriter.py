"""A builder of small ELF files in code, so that a test says which fact of a file it is about.

``elf(symbols=[func("main", 0x1139, 32)], build_id="ab12")`` is a shared object with one executable segment and
one function. Format: System V gABI, chapters 4 and 5. It is for readers; nothing that it makes could run.
"""

import struct
from collections.abc import Sequence
from typing import NamedTuple

ET_REL, ET_EXEC, ET_DYN, ET_CORE = 1, 2, 3, 4
EM_386, EM_PPC64, EM_S390, EM_X86_64, EM_AARCH64 = 3, 21, 22, 62, 183
STB_LOCAL, STB_GLOBAL, STB_WEAK = 0, 1, 2
STT_NOTYPE, STT_OBJECT, STT_FUNC, STT_FILE, STT_GNU_IFUNC = 0, 1, 2, 4, 10
SHN_UNDEF, SHN_ABS = 0, 0xFFF1
SHT_PROGBITS, SHT_SYMTAB, SHT_STRTAB, SHT_DYNAMIC, SHT_NOTE, SHT_NOBITS, SHT_DYNSYM = 1, 2, 3, 6, 7, 8, 11
SHF_ALLOC, SHF_EXECINSTR, SHF_COMPRESSED = 0x2, 0x4, 0x800
PT_LOAD, PT_DYNAMIC, PT_INTERP = 1, 2, 3
PF_X, PF_R = 1, 4
DT_SONAME, DT_FLAGS_1 = 14, 0x6FFFFFFB
NT_GNU_BUILD_ID = 3


class Symbol(NamedTuple):
    """A row of a symbol table; ``section`` is the name of a section, or empty for an undefined symbol."""

    name: str
    vaddr: int = 0
    size: int = 0
    binding: int = STB_GLOBAL
    kind: int = STT_FUNC
    section: str = ".text"
    other: int = 0


class Code(NamedTuple):
    """An executable PT_LOAD segment. The n-th is also the section ``.text``, ``.text.1``, and so on."""

    vaddr: int = 0x1000
    offset: int = 0x1000
    size: int = 0x1000


class Section(NamedTuple):
    """A section as it is written; ``size``, if given, overrides what the content says."""

    name: str
    kind: int
    content: bytes = b""
    flags: int = 0
    vaddr: int = 0
    link: str = ""
    entry_size: int = 0
    offset: int | None = None
    size: int | None = None


def func(name: str, vaddr: int, size: int, *, local: bool = False, section: str = ".text") -> Symbol:
    return Symbol(name, vaddr, size, STB_LOCAL if local else STB_GLOBAL, section=section)


def file(name: str) -> Symbol:
    return Symbol(name, binding=STB_LOCAL, kind=STT_FILE, section="absolute")


def undefined(name: str) -> Symbol:
    return Symbol(name, section="")


def elf(
    symbols: Sequence[Symbol] | None = None,
    dynamic_symbols: Sequence[Symbol] | None = None,
    *,
    build_id: str = "",
    soname: str = "",
    interp: str = "",
    flags_1: int | None = None,
    altlink: tuple[str, str] | None = None,
    code: Sequence[Code] = (Code(),),
    plt: Code | None = None,
    extra: Sequence[Section] = (),
    kind: int = ET_DYN,
    machine: int = EM_X86_64,
    bits: int = 64,
    big_endian: bool = False,
) -> bytes:
    """The bytes of an ELF file. ``symbols`` go to ``.symtab``, ``dynamic_symbols`` to ``.dynsym``.

    ``plt`` adds a section ``.plt`` (in no segment of its own); ``extra`` sections replace those of the same name.
    """
    form = _Form(">" if big_endian else "<", bits)
    sections = [Section("", 0)]
    for number, part in enumerate(code):
        sections.append(_code_section(f".text.{number}" if number else ".text", part))
    if plt is not None:
        sections.append(_code_section(".plt", plt))
    if build_id:
        sections.append(Section(".note.gnu.build-id", SHT_NOTE, form.note(bytes.fromhex(build_id)), SHF_ALLOC))
    if altlink is not None:
        content = altlink[0].encode() + b"\0" + bytes.fromhex(altlink[1])
        sections.append(Section(".gnu_debugaltlink", SHT_PROGBITS, content))
    if interp:
        sections.append(Section(".interp", SHT_PROGBITS, interp.encode() + b"\0", SHF_ALLOC))
    for table, strings, rows, type_ in (
        (".symtab", ".strtab", symbols, SHT_SYMTAB),
        (".dynsym", ".dynstr", dynamic_symbols, SHT_DYNSYM),
    ):
        if rows is not None:
            numbers = {section.name: number for number, section in enumerate(sections)}
            names = _Strings()
            content = form.symbol(0, Symbol("", section="", kind=0, binding=0), 0)
            content += b"".join(form.symbol(names.add(row.name), row, _number(row, numbers)) for row in rows)
            sections.append(Section(table, type_, content, link=strings, entry_size=form.symbol_size))
            sections.append(Section(strings, SHT_STRTAB, names.content))
    tags = ([(DT_SONAME, 1)] if soname else []) + ([(DT_FLAGS_1, flags_1)] if flags_1 is not None else [])
    if tags:
        content = b"".join(form.words(*tag) for tag in (*tags, (0, 0)))
        sections.append(Section(".dynamic", SHT_DYNAMIC, content, link=".soname", entry_size=2 * bits // 8))
        sections.append(Section(".soname", SHT_STRTAB, b"\0" + soname.encode() + b"\0"))
    replaced = {section.name: section for section in extra}
    sections = [replaced.pop(section.name, section) for section in sections] + list(replaced.values())
    return form.file(sections, code, kind, machine, interp)


def _code_section(name: str, part: Code) -> Section:
    flags = SHF_ALLOC | SHF_EXECINSTR
    return Section(name, SHT_PROGBITS, b"", flags, part.vaddr, offset=part.offset, size=part.size)


def _number(symbol: Symbol, sections: dict[str, int]) -> int:
    if symbol.section == "absolute":
        return SHN_ABS
    return sections[symbol.section] if symbol.section else SHN_UNDEF


class _Strings:
    """A string table that grows; equal strings are stored once."""

    def __init__(self) -> None:
        self.content = b"\0"
        self._known = {"": 0}

    def add(self, text: str) -> int:
        if text not in self._known:
            self._known[text] = len(self.content)
            self.content += text.encode(errors="surrogateescape") + b"\0"
        return self._known[text]


class _Form:
    """Byte order and word size, and the structures in them."""

    def __init__(self, order: str, bits: int) -> None:
        self.order, self.bits = order, bits
        self.word = "Q" if bits == 64 else "I"
        self.symbol_size = 24 if bits == 64 else 16
        self.header_size, self.segment_size, self.section_size = (64, 56, 64) if bits == 64 else (52, 32, 40)

    def pack(self, form: str, *values: int | bytes) -> bytes:
        return struct.pack(self.order + form, *values)

    def words(self, *values: int) -> bytes:
        return self.pack(f"{len(values)}{self.word}", *values)

    def note(self, description: bytes) -> bytes:
        padding = b"\0" * (-len(description) % 4)
        return self.pack("III", 4, len(description), NT_GNU_BUILD_ID) + b"GNU\0" + description + padding

    def symbol(self, name: int, row: Symbol, section: int) -> bytes:
        kind = row.binding << 4 | row.kind
        if self.bits == 64:
            return self.pack("IBBHQQ", name, kind, row.other, section, row.vaddr, row.size)
        return self.pack("IIIBBH", name, row.vaddr, row.size, kind, 0, section)

    def segment(self, kind: int, flags: int, part: Code) -> bytes:
        vaddr, offset, size = part
        if self.bits == 64:
            return self.pack("IIQQQQQQ", kind, flags, offset, vaddr, vaddr, size, size, 0x1000)
        return self.pack("IIIIIIII", kind, offset, vaddr, vaddr, size, size, flags, 0x1000)

    def section(self, name: int, section: Section, offset: int, link: int) -> bytes:
        size = len(section.content) if section.size is None else section.size
        head = self.pack("II", name, section.kind) + self.words(section.flags, section.vaddr, offset, size)
        return head + self.pack("II", link, 0) + self.words(1, section.entry_size)

    def file(self, sections: list[Section], code: Sequence[Code], kind: int, machine: int, interp: str) -> bytes:
        names = _Strings()
        sections = [*sections, Section(".shstrtab", SHT_STRTAB)]
        starts = [names.add(section.name) for section in sections]
        sections[-1] = Section(".shstrtab", SHT_STRTAB, names.content)
        numbers = {section.name: number for number, section in enumerate(sections)}
        segments = b"".join(self.segment(PT_LOAD, PF_R | PF_X, part) for part in code)
        count = len(code) + bool(interp)
        segments += self.segment(PT_INTERP, PF_R, Code(0, self.header_size, 1)) if interp else b""
        body = b"\0" * (self.header_size + len(segments))
        headers = b""
        for start, section in zip(starts, sections, strict=True):
            offset = len(body) if section.offset is None else section.offset
            headers += self.section(start, section, offset, numbers.get(section.link, 0))
            body += section.content + b"\0" * (-len(section.content) % 8)
        end = max((part.offset + part.size for part in code), default=0)
        body += b"\0" * (end - len(body))
        ident = b"\x7fELF" + bytes((self.bits // 32, 1 if self.order == "<" else 2, 1)) + b"\0" * 9
        header = ident + self.pack("HHI", kind, machine, 1) + self.words(0, self.header_size, len(body))
        sizes = (self.header_size, self.segment_size, count, self.section_size, len(sections), len(sections) - 1)
        header += self.pack("I6H", 0, *sizes)
        return header + segments + body[len(header) + len(segments) :] + headers
