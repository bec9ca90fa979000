"""The facts of an ELF file that funkqa needs, read from its headers, notes and symbol tables.

Format: System V gABI, chapters 4 and 5; GNU extensions as in elfutils' ``elf.h``.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any, NamedTuple

from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile

from funkqa.elf import gopclntab
from funkqa.elf.reading import bytes_of, opened, readable
from funkqa.model.plan import Declaration, ImageRole
from funkqa.model.units import BuildId, FileOffset, Vaddr

MAGIC = b"\x7fELF"
PT_LOAD, PF_X = "PT_LOAD", 0x1
SHF_EXECINSTR = 0x4
NT_GNU_BUILD_ID = 3
DF_1_PIE = 0x08000000
LITTLE, BIG = "<", ">"
MACHINES = {
    "EM_X86_64": "x86_64",
    "EM_386": "i686",
    "EM_AARCH64": "aarch64",
    "EM_S390": "s390x",
    "EM_PPC64": "ppc64le",
}
"""Names as ``uname -m`` gives them."""

OTHER_FORMS = {("x86_64", 32, LITTLE): "x32", ("s390x", 32, BIG): "s390", ("ppc64le", 64, BIG): "ppc64"}
"""By machine, word size and byte order: what the machine of the same ``e_machine`` doesn't run as its own."""


NO_ENTRY = Vaddr(0)


class Segment(NamedTuple):
    """An executable PT_LOAD segment: where its bytes are in memory and in the file."""

    vaddr: int
    offset: int
    size: int


class AltLink(NamedTuple):
    """``.gnu_debugaltlink``: file name of the supplementary (dwz) file, and its build ID."""

    name: str
    build_id: BuildId


class Symbol(NamedTuple):
    """A defined function symbol. ``unit`` is the file symbol before it (local symbols only).

    ``chooses``: it is an IFUNC, whose code is run by the loader to choose the function. ``entry`` is how far
    behind the symbol the code lies that calls from everywhere come to, in bytes (ppc64le: the local entry).
    """

    name: str
    vaddr: Vaddr
    size: int
    binding: int
    unit: str
    chooses: bool = False
    entry: int = 0


@dataclass(frozen=True, slots=True)
class ElfFacts:
    """What one ELF file says of itself.

    ``has_symtab``: it carries a table of all its functions, ``.symtab`` or ``.gopclntab``, not only ``.dynsym``.
    ``is_go``: the Go compiler made it, whose names and tables are its own. ``entry`` is where the kernel or the
    loader begins a program, 0 for what is none.
    """

    machine: str
    role: ImageRole
    linkable: bool
    build_id: BuildId
    soname: str
    segments: tuple[Segment, ...]
    altlink: AltLink | None
    has_symtab: bool
    has_dynsym: bool
    is_go: bool = False
    entry: Vaddr = NO_ENTRY

    def offset(self, vaddr: Vaddr) -> FileOffset | None:
        """Where the address lies in the file, if it lies in an executable segment."""
        for segment in self.segments:
            if segment.vaddr <= vaddr < segment.vaddr + segment.size:
                return FileOffset(vaddr - segment.vaddr + segment.offset)
        return None


def read_facts(stream: IO[bytes], where: str) -> ElfFacts:
    """Read the headers. Raises ElfError for anything that is no well-formed ELF file."""
    with readable(where):
        elf = opened(stream)
        is_go = _go_table(elf) is not None
        return ElfFacts(
            machine=_machine(elf),
            role=_role(elf),
            linkable=elf["e_type"] in ("ET_EXEC", "ET_DYN"),
            build_id=_build_id(elf),
            soname=_soname(elf),
            segments=tuple(
                Segment(segment["p_vaddr"], segment["p_offset"], segment["p_filesz"])
                for segment in elf.iter_segments()
                if segment["p_type"] == PT_LOAD and segment["p_flags"] & PF_X
            ),
            altlink=_altlink(elf),
            has_symtab=is_go or elf.get_section_by_name(".symtab") is not None,
            has_dynsym=elf.get_section_by_name(".dynsym") is not None,
            is_go=is_go,
            entry=Vaddr(elf["e_entry"]),
        )


def read_function_symbols(stream: IO[bytes], where: str) -> tuple[Symbol, ...]:
    """The defined functions of ``.symtab`` if the file has it, else of Go's table, if any, and of ``.dynsym``.

    PLT entries and undefined symbols are no functions of the file and are left out.
    """
    with readable(where):
        elf = opened(stream)
        table = elf.get_section_by_name(".symtab")
        found = _of_go(elf) if table is None else []
        table = table or elf.get_section_by_name(".dynsym")
        if table is None:
            return tuple(found)
        code = {
            number
            for number, section in enumerate(elf.iter_sections())
            if section["sh_flags"] & SHF_EXECINSTR and not section.name.startswith(".plt")
        }
        strings = bytes_of(elf, elf.get_section(table["sh_link"]))
        known = {symbol.vaddr for symbol in found}
        rows = _functions(elf, bytes_of(elf, table), strings, code)
        return (*found, *(symbol for symbol in rows if symbol.vaddr not in known))


def read_go_declarations(stream: IO[bytes], where: str) -> dict[Vaddr, Declaration]:
    """Where Go's own table says that functions begin; none for other files."""
    with readable(where):
        found = gopclntab.functions(*_go_bytes(opened(stream)))
        return {Vaddr(each.vaddr): Declaration("", each.file, each.line) for each in found if each.file}


def _of_go(elf: ELFFile) -> list[Symbol]:
    functions = gopclntab.functions(*_go_bytes(elf))
    return [Symbol(each.name, Vaddr(each.vaddr), each.size, STB_GLOBAL, "") for each in functions]


def _go_bytes(elf: ELFFile) -> tuple[bytes, str, int]:
    """Go's table, its byte order, and where the code begins that it describes."""
    table, text = _go_table(elf), elf.get_section_by_name(".text")
    order = LITTLE if elf.little_endian else BIG
    return (b"" if table is None else bytes_of(elf, table)), order, (text["sh_addr"] if text else 0)


def _go_table(elf: ELFFile) -> Any:
    return elf.get_section_by_name(".gopclntab") or elf.get_section_by_name(".data.rel.ro.gopclntab")


STT_FUNC, STT_FILE, STT_GNU_IFUNC = 2, 4, 10
STB_LOCAL, STB_GLOBAL = 0, 1
MAX_SHARING, NAME_ROOM = 16, 1 << 20
"""All names of a file may take so many times its string table, plus a megabyte; overlapping names could take
the square of it."""


def _functions(elf: ELFFile, table: bytes, strings: bytes, code: set[int]) -> Iterator[Symbol]:
    order = LITTLE if elf.little_endian else BIG
    unit = ""
    if elf.elfclass == 64:  # st_name, st_info, st_other, st_shndx, st_value, st_size
        rows = struct.iter_unpack(f"{order}IBBHQQ", table)
    else:  # st_name, st_value, st_size, st_info, st_other, st_shndx
        rows = (
            (name, info, other, section, value, size)
            for name, value, size, info, other, section in struct.iter_unpack(f"{order}IIIBBH", table)
        )
    room = NAME_ROOM + MAX_SHARING * len(strings)
    power = elf["e_machine"] == "EM_PPC64"
    for name, info, other, section, value, size in rows:
        kind = info & 0xF
        if kind == STT_FILE:
            unit = _string(strings, name)
        elif kind in (STT_FUNC, STT_GNU_IFUNC) and section in code:
            binding = info >> 4
            symbol = _string(strings, name)
            room -= len(symbol)
            if room < 0:
                raise ValueError("symbols share more of their names than any linker makes them")
            # Bits 5 to 7 of st_other: "Power Architecture 64-Bit ELF V2 ABI", chapter 3.4.1.
            local_entry = (1 << (other >> 5)) >> 2 << 2 if power else 0
            chooses, of_unit = kind == STT_GNU_IFUNC, unit if binding == STB_LOCAL else ""
            yield Symbol(symbol, Vaddr(value), size, binding, of_unit, chooses, local_entry)


def _string(strings: bytes, start: int) -> str:
    return strings[start : strings.index(b"\0", start)].decode(errors="backslashreplace")


def _machine(elf: ELFFile) -> str:
    """As ``uname -m`` says it where such programs are at home."""
    name = MACHINES.get(elf["e_machine"], str(elf["e_machine"]))
    return OTHER_FORMS.get((name, elf.elfclass, LITTLE if elf.little_endian else BIG), name)


def _role(elf: ELFFile) -> ImageRole:
    dynamic = elf.get_section_by_name(".dynamic")
    flags = dict(_dynamic_entries(dynamic))
    if elf["e_type"] == "ET_EXEC" or flags.get("DT_FLAGS_1", 0) & DF_1_PIE:
        return ImageRole.PROGRAM
    interpreted = any(segment["p_type"] == "PT_INTERP" for segment in elf.iter_segments())
    return ImageRole.PROGRAM if interpreted and not _soname(elf) else ImageRole.LIBRARY


def _soname(elf: ELFFile) -> str:
    dynamic = elf.get_section_by_name(".dynamic")
    if not isinstance(dynamic, DynamicSection):
        return ""
    for tag in dynamic.iter_tags("DT_SONAME"):
        return PurePosixPath(str(tag.soname)).name
    return ""


def _dynamic_entries(dynamic: Any) -> Iterator[tuple[str, int]]:
    if isinstance(dynamic, DynamicSection):
        for tag in dynamic.iter_tags():
            yield str(tag.entry.d_tag), int(tag.entry.d_val)


def _build_id(elf: ELFFile) -> BuildId:
    order = LITTLE if elf.little_endian else BIG
    for section in elf.iter_sections():
        if section["sh_type"] == "SHT_NOTE":
            for owner, kind, description in _notes(bytes_of(elf, section), order, section["sh_addralign"]):
                if (owner, kind) == (b"GNU\0", NT_GNU_BUILD_ID):
                    return BuildId(description.hex())
    return BuildId("")


def _notes(content: bytes, order: str, alignment: int) -> Iterator[tuple[bytes, int, bytes]]:
    """Owner, type and description of each note. Types belong to owners: stapsdt's probes have type 3 too."""
    at, unit = 0, 8 if alignment == 8 else 4
    while at + 12 <= len(content):
        name_size, size, kind = struct.unpack_from(f"{order}III", content, at)
        start = at + 12 + name_size + -name_size % 4
        yield content[at + 12 : at + 12 + name_size], kind, content[start : start + size]
        at = start + size + -size % unit


def _altlink(elf: ELFFile) -> AltLink | None:
    section = elf.get_section_by_name(".gnu_debugaltlink")
    if section is None or section["sh_type"] == "SHT_NOBITS":
        return None
    name, _, build_id = bytes_of(elf, section).partition(b"\0")
    return AltLink(name.decode(errors="surrogateescape"), BuildId(build_id.hex()))
