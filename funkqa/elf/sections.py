"""Single sections of an ELF file, read with the same checks as its facts."""

from typing import IO, NamedTuple

from funkqa.elf.image import BIG, LITTLE, SHF_EXECINSTR
from funkqa.elf.reading import bytes_of, opened, readable


class Section(NamedTuple):
    """A section's bytes as the file has them, and its virtual address."""

    content: bytes
    vaddr: int


class Code(NamedTuple):
    """What is needed to tell functions from other code: word size in bits, byte order, entry, ranges of code."""

    bits: int
    order: str
    entry: int
    ranges: tuple[range, ...]


def names(stream: IO[bytes], where: str) -> frozenset[str]:
    """The names of all sections. Raises ElfError for what is no well-formed ELF file."""
    with readable(where):
        return frozenset(section.name for section in opened(stream).iter_sections())


def read(stream: IO[bytes], where: str, name: str) -> Section | None:
    """The first section of this name that has bytes in the file. Raises ElfError as ``names`` does."""
    with readable(where):
        elf = opened(stream)
        section = elf.get_section_by_name(name)
        if section is None or section["sh_type"] == "SHT_NOBITS":
            return None
        return Section(bytes_of(elf, section), int(section["sh_addr"]))


def code(stream: IO[bytes], where: str) -> Code:
    """Where the file's code is, without the stubs of its PLT. Raises ElfError as ``names`` does."""
    with readable(where):
        elf = opened(stream)
        ranges = tuple(
            range(section["sh_addr"], section["sh_addr"] + section["sh_size"])
            for section in elf.iter_sections()
            if section["sh_flags"] & SHF_EXECINSTR and not section.name.startswith(".plt")
        )
        return Code(elf.elfclass, LITTLE if elf.little_endian else BIG, int(elf["e_entry"]), ranges)
