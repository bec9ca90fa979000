"""Debuglinks as objcopy makes them, and minidebuginfo as find-debuginfo does."""

import io
import lzma
import struct
import zlib
from pathlib import Path

import pytest

from funkqa.elf import minidebuginfo
from funkqa.elf.debuglink import DebugLink, crc32, read_debuglink
from funkqa.model.errors import ElfError
from tests.compiling import shared, tool
from tests.elfwriter import SHT_PROGBITS, Section, elf


def link_in(tmp_path: Path, content: bytes, big_endian: bool = False) -> DebugLink | None:
    path = tmp_path / "made"
    path.write_bytes(elf(extra=[Section(".gnu_debuglink", SHT_PROGBITS, content)], big_endian=big_endian))
    with path.open("rb") as stream:
        return read_debuglink(stream, str(path))


@pytest.mark.parametrize("name", ["a", "abc", "abcd", "libbz2.so.1.0.8.debug"])
def test_the_link_of_objcopy_is_read_with_its_crc(tmp_path: Path, name: str) -> None:
    path = shared(tmp_path / "made", "int f(int n) { return n; }")
    debug = tmp_path / name
    debug.write_bytes(b"debug" * 1000)
    tool("objcopy", f"--add-gnu-debuglink={debug}", str(path))
    with path.open("rb") as stream, debug.open("rb") as content:
        assert read_debuglink(stream, str(path)) == DebugLink(name, crc32(content))


def test_the_crc_is_in_the_byte_order_of_the_file(tmp_path: Path) -> None:
    assert link_in(tmp_path, b"abc\0" + struct.pack(">I", 7), big_endian=True) == DebugLink("abc", 7)
    assert link_in(tmp_path, b"abc\0" + struct.pack("<I", 7)) == DebugLink("abc", 7)


@pytest.mark.parametrize(
    "content",
    [b"", b"abc", b"abc\0", b"abcd\0\0\0\0", b"\0\0\0\0\1\2\3\4", b"../a\0\0\0\0\1\2\3\4", b"..\0\0\1\2\3\4"],
)
def test_a_link_that_is_cut_off_or_leads_elsewhere_is_none(tmp_path: Path, content: bytes) -> None:
    assert link_in(tmp_path, content) is None


def test_the_crc_of_a_part_is_that_of_its_bytes() -> None:
    content = bytes(range(256)) * 10000
    assert crc32(io.BytesIO(content)) == zlib.crc32(content)
    assert crc32(io.BytesIO(content), 1_500_000) == zlib.crc32(content[:1_500_000])
    assert crc32(io.BytesIO(content), 0) == 0


def extracted(tmp_path: Path, content: bytes) -> bytes:
    path = tmp_path / "made"
    path.write_bytes(elf(extra=[Section(".gnu_debugdata", SHT_PROGBITS, content)]))
    into = io.BytesIO()
    with path.open("rb") as stream:
        minidebuginfo.extract(stream, str(path), into)
    return into.getvalue()


def test_minidebuginfo_is_decompressed(tmp_path: Path) -> None:
    content = elf() * 100
    assert extracted(tmp_path, lzma.compress(content)) == content


@pytest.mark.parametrize("content", [b"", b"no xz", lzma.compress(elf())[:-20], lzma.compress(elf())[:10]])
def test_damaged_minidebuginfo_is_an_elf_error(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ElfError, match="gnu_debugdata"):
        extracted(tmp_path, content)


def test_minidebuginfo_that_grows_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minidebuginfo, "MOST_BYTES", 1 << 22)
    with pytest.raises(ElfError, match="larger than any table"):
        extracted(tmp_path, lzma.compress(bytes(1 << 23)))
