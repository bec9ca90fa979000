"""Damaged and malicious files: an ElfError or an answer, soon and in little memory, and nothing else."""

import io
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funkqa.elf.image import read_facts, read_function_symbols
from funkqa.model.errors import ElfError
from tests import elfwriter
from tests.compiling import shared
from tests.elfwriter import Section, elf, func

MOST_MEMORY = 64 << 20
E_SHOFF, E_SHENTSIZE, E_SHNUM, E_SHSTRNDX = 0x28, 0x3A, 0x3C, 0x3E
E_PHENTSIZE, E_PHNUM = 0x36, 0x38
SH_SIZE, SH_LINK, SH_INFO = 0x20, 0x28, 0x2C


def survives(content: bytes) -> bool:
    """Read all of it; whether it was read. Anything but an ElfError goes up to the test."""
    good = True
    reading: tuple[Callable[[io.BytesIO, str], object], ...] = (read_facts, read_function_symbols)
    for read in reading:
        try:
            read(io.BytesIO(content), "hostile")
        except ElfError:
            good = False
    return good


def is_refused(content: bytes) -> bool:
    """Whether reading it ends in an ElfError. Fails the test if it takes more than MOST_MEMORY bytes."""
    tracemalloc.start()
    try:
        return not survives(content)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < MOST_MEMORY


def patched(content: bytes, *fields: tuple[int, str, int]) -> bytes:
    changed = bytearray(content)
    for position, form, value in fields:
        struct.pack_into(f"<{form}", changed, position, value)
    return bytes(changed)


def section_header(content: bytes, number: int) -> int:
    """Where the header of section ``number`` starts."""
    return int(struct.unpack_from("<Q", content, E_SHOFF)[0]) + 64 * number


@cache
def real() -> bytes:
    """A small shared object of gcc's, with everything that is read."""
    with TemporaryDirectory() as directory:
        source = "static int f(int n) { return n; } int g(int n) { return f(n); }"
        options = ("-g", "-nostdlib", "-Wl,-soname,libg.so.1", "-Wl,-z,noseparate-code")
        return shared(Path(directory, "libg.so"), source, *options).read_bytes()


@settings(max_examples=150)
@given(st.integers(min_value=0))
def test_a_file_cut_off_anywhere_is_read_or_refused(length: int) -> None:
    survives(real()[: length % len(real())])


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=8), st.booleans())
def test_a_file_with_flipped_bytes_is_read_or_refused(flips: list[tuple[int, int]], in_headers: bool) -> None:
    content = bytearray(real())
    start, span = (section_header(real(), 0), 64 * 30) if in_headers else (0, len(content))
    for position, value in flips:
        content[min(start + position % span, len(content) - 1)] = value
    survives(bytes(content))


@settings(max_examples=100)
@given(st.binary(max_size=300), st.sampled_from((b"", b"\x7fELF", b"\x7fELF\x02\x01\x01", b"\x7fELF\x01\x02\x01")))
def test_random_bytes_are_refused(content: bytes, start: bytes) -> None:
    survives(start + content)


def test_the_real_file_is_read() -> None:
    assert survives(real())


@pytest.mark.parametrize("length", [0, 4, 16, 63])
def test_a_file_shorter_than_its_header_is_refused(length: int) -> None:
    assert is_refused(elf([func("main", 0x1000, 4)])[:length])


def test_more_sections_than_the_file_has_room_for_are_refused() -> None:
    content = elf([func("main", 0x1000, 4)])
    assert is_refused(patched(content, (E_SHNUM, "H", 0xFEFF)))


def test_a_section_count_that_overflows_into_the_first_section_is_refused() -> None:
    content = elf([func("main", 0x1000, 4)])
    fields = (E_SHNUM, "H", 0), (section_header(content, 0) + SH_SIZE, "Q", 2**63)
    assert is_refused(patched(content, *fields))


def test_section_headers_of_no_size_are_refused_however_many_there_are() -> None:
    content = elf([func("main", 0x1000, 4)])
    fields = (E_SHNUM, "H", 0), (E_SHENTSIZE, "H", 0), (section_header(content, 0) + SH_SIZE, "Q", 2**63)
    assert is_refused(patched(content, *fields))


def test_segments_of_no_size_are_refused_however_many_there_are() -> None:
    content = elf([func("main", 0x1000, 4)])
    fields = (E_PHNUM, "H", 0xFFFF), (E_PHENTSIZE, "H", 0), (section_header(content, 0) + SH_INFO, "I", 2**32 - 1)
    assert is_refused(patched(content, *fields))


@pytest.mark.parametrize("section", [".symtab", ".strtab"])
@pytest.mark.parametrize("size", [2**63, 2**40, 0x100000])
def test_a_section_larger_than_the_file_is_refused(section: str, size: int) -> None:
    content = elf([func("main", 0x1000, 4)])
    number = 2 if section == ".symtab" else 3
    assert is_refused(patched(content, (section_header(content, number) + SH_SIZE, "Q", size)))


def test_a_symbol_table_that_ends_within_a_symbol_is_refused() -> None:
    content = elf([func("main", 0x1000, 4)])
    assert is_refused(patched(content, (section_header(content, 2) + SH_SIZE, "Q", 47)))


def test_a_symbol_table_with_entries_of_no_size_is_read_or_refused() -> None:
    survives(patched(elf([func("main", 0x1000, 4)]), (section_header(elf([]), 2) + 0x38, "Q", 0)))


def test_a_name_outside_the_string_table_is_refused() -> None:
    strings = Section(".strtab", elfwriter.SHT_STRTAB, b"\0m")
    assert is_refused(elf([func("main", 0x1000, 4)], extra=[strings]))


def test_a_name_that_never_ends_is_refused() -> None:
    strings = Section(".strtab", elfwriter.SHT_STRTAB, b"\0main")
    assert is_refused(elf([func("main", 0x1000, 4)], extra=[strings]))


def test_a_symbol_table_that_is_its_own_string_table_is_refused() -> None:
    content = elf([func("main", 0x1000, 4)])
    assert is_refused(patched(content, (section_header(content, 2) + SH_LINK, "I", 2)))


def test_a_string_table_without_content_is_refused_however_large_it_claims_to_be() -> None:
    strings = Section(".strtab", elfwriter.SHT_NOBITS, size=1 << 33)
    assert is_refused(elf([func("main", 0x1000, 4)], extra=[strings]))


def test_a_compressed_string_table_is_not_expanded() -> None:
    length = 2 * MOST_MEMORY
    bomb = struct.pack("<IIQQ", 1, 0, length, 1) + zlib.compress(bytes(length))
    strings = Section(".strtab", elfwriter.SHT_STRTAB, bomb, flags=elfwriter.SHF_COMPRESSED)
    is_refused(elf([func("main", 0x1000, 4)], extra=[strings]))


def test_names_that_overlap_do_not_take_the_square_of_the_file() -> None:
    strings = Section(".strtab", elfwriter.SHT_STRTAB, b"\0" + b"x" * 200_000 + b"\0")
    rows = b"".join(struct.pack("<IBBHQQ", start, 0x12, 0, 1, 0x1000, 1) for start in range(1, 10_000))
    table = Section(".symtab", elfwriter.SHT_SYMTAB, rows, link=".strtab", entry_size=24)
    assert is_refused(elf([], extra=[table, strings]))


def test_a_build_id_note_longer_than_its_section_is_read_or_refused() -> None:
    note = Section(".note.gnu.build-id", elfwriter.SHT_NOTE, struct.pack("<III", 4, 2**31, 3) + b"GNU\0")
    is_refused(elf(build_id="ab12", extra=[note]))


def test_a_dynamic_section_without_an_end_is_read_or_refused() -> None:
    dynamic = Section(".dynamic", elfwriter.SHT_DYNAMIC, struct.pack("<QQ", 14, 2**40) * 4, link=".soname")
    survives(elf(soname="libx.so.1", extra=[dynamic]))


def test_an_altlink_without_an_end_has_no_build_id() -> None:
    link = Section(".gnu_debugaltlink", elfwriter.SHT_PROGBITS, b"../../.dwz/x")
    read = read_facts(io.BytesIO(elf(altlink=("x", "ab"), extra=[link])), "cut")
    assert read.altlink is not None
    assert read.altlink.build_id == ""
