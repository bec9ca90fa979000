"""Damaged DWARF: one ElfError, soon and in little memory."""

import io
import struct
import tracemalloc
import zlib

import pytest

from funkqa.elf import debugentries
from funkqa.model.errors import ElfError
from tests.elfwriter import SHF_COMPRESSED, SHT_PROGBITS, Section, elf

ZLIB, ZSTD = 1, 2
UNIT = struct.pack("<IHIBx", 8, 4, 0, 8)
"""A unit of DWARF 4 without entries."""


def read(info: bytes, abbreviations: bytes = b"\0", flags: int = 0) -> debugentries.Entries:
    extra = [
        Section(".debug_info", SHT_PROGBITS, info, flags),
        Section(".debug_abbrev", SHT_PROGBITS, abbreviations),
    ]
    return debugentries.read(io.BytesIO(elf([], extra=extra)), "made")


def compressed(content: bytes, *, kind: int = ZLIB, size: int | None = None) -> bytes:
    length = len(content) if size is None else size
    return struct.pack("<IIQQ", kind, 0, length, 1) + zlib.compress(content)


def test_a_unit_without_entries_has_none() -> None:
    assert read(UNIT) == ([], set(), set())
    assert read(compressed(UNIT), flags=SHF_COMPRESSED) == ([], set(), set())


@pytest.mark.parametrize(
    ("info", "said"),
    [
        (compressed(UNIT)[:24] + b"\x78\x9c\xff\xff\xff\xff", "damaged"),
        (compressed(UNIT)[:-8] + b"\xee" * 4, "damaged"),
        (compressed(UNIT, kind=ZSTD), "can't read"),
        (compressed(UNIT, size=1 << 40), "compressed more than any program's"),
        (compressed(UNIT)[:20], "not a well-formed ELF file"),
    ],
)
def test_damaged_compression_is_refused(info: bytes, said: str) -> None:
    with pytest.raises(ElfError, match=said):
        read(info, flags=SHF_COMPRESSED)


def test_compressed_zeros_do_not_fill_the_memory() -> None:
    bomb = compressed(bytes(300 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(ElfError, match="compressed more than any program's"):
            read(bomb, flags=SHF_COMPRESSED)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("info", "abbreviations"),
    [
        (UNIT[:6], b"\0"),  # cut off
        (struct.pack("<IHIBx", 8, 9, 0, 8), b"\0"),  # of another version
        (struct.pack("<IHIBx", 80, 4, 0, 8), b"\0"),  # longer than the section
        (struct.pack("<IHIBB", 8, 4, 0, 8, 1), b"\0"),  # an entry of no abbreviation
        (struct.pack("<IHIBx", 8, 4, 7, 8), b"\0"),  # abbreviations outside of their section
        (UNIT, b"\x01\x2e\0\x11\x7f\0\0\0"),  # an unknown form
        (UNIT, b"\xff" * 40),  # a number that never ends
        (struct.pack("<IHIBB", 8, 4, 0, 8, 1), b"\x01\x2e\0\x11\x01\0\0\0"),  # an entry that is cut off
    ],
)
def test_damaged_entries_are_refused(info: bytes, abbreviations: bytes) -> None:
    with pytest.raises(ElfError):
        read(info, abbreviations)
