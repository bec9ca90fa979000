"""Reading ELF files that may be damaged: pyelftools, with the checks that it leaves out, and one error for all."""

import struct
from typing import IO, Any

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import Section

from funkqa.model.errors import ElfError


def opened(stream: IO[bytes]) -> ELFFile:
    """A reader of the file, if its tables of sections and segments lie in it.

    pyelftools believes the counts and sizes that it reads: 2**64 sections keep it busy for ever.
    """
    elf = _Headers(stream)
    structs = elf.structs
    for table, offset, count, size, known in (
        ("section", elf["e_shoff"], elf.num_sections(), elf["e_shentsize"], structs.Elf_Shdr.sizeof()),
        ("segment", elf["e_phoff"], elf.num_segments(), elf["e_phentsize"], structs.Elf_Phdr.sizeof()),
    ):
        if count and (size != known or offset + count * size > elf.stream_len):
            raise ValueError(f"its {table} table doesn't lie in the file")
    return elf


class _Headers(ELFFile):  # type: ignore[misc]
    """A reader that leaves hash tables alone: pyelftools reads them whole as it looks for another section."""

    def _make_elf_hash_section(self, header: Any, name: str) -> Section:
        return Section(header, name, self)

    def _make_gnu_hash_section(self, header: Any, name: str) -> Section:
        return Section(header, name, self)


def bytes_of(elf: ELFFile, section: Any) -> bytes:
    """The section's bytes as the file has them: none in the file for NOBITS, and never decompressed."""
    if section["sh_type"] == "SHT_NOBITS":
        return b""
    if section["sh_offset"] + section["sh_size"] > elf.stream_len:
        raise ValueError(f"section {section.name!r} doesn't lie in the file")
    elf.stream.seek(section["sh_offset"])
    return bytes(elf.stream.read(section["sh_size"]))


class readable:  # noqa: N801 - reads as a clause: with readable(where)
    """Turn what readers raise on a malformed file into one ElfError that names the file."""

    def __init__(self, where: str) -> None:
        self.where = where

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        malformed = (ELFError, struct.error, ValueError, IndexError, KeyError, AttributeError, TypeError)
        # RecursionError: a section that links to itself.
        if isinstance(error, (*malformed, OverflowError, AssertionError, MemoryError, RecursionError)):
            reason = " ".join(str(error).split()) or type(error).__name__
            raise ElfError(f"not a well-formed ELF file ({reason})", where=self.where) from error
