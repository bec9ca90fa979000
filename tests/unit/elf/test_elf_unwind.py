"""Functions without a symbol, by the frames that binutils sees in the same files."""

import re
from pathlib import Path

import pytest

from funkqa.elf.image import read_function_symbols
from funkqa.elf.unwind import unnamed_functions
from funkqa.model.errors import ElfError
from tests.compiling import compile_c, readelf_functions, shared, tool
from tests.elfwriter import SHT_PROGBITS, Section, elf

SOURCE = """
#include <stdlib.h>
static __attribute__((noinline)) int hidden(int n) { return n * 3; }
int seen(int n) { return hidden(n) + 1; }
int main(int argc, char **argv) { return argc > 5 ? abort(), 1 : seen(argc); }
"""
BARE = """
static __attribute__((noinline)) int hidden(int n) { return n * 3; }
int _start(int n) { return hidden(n); }
"""
THROWS = """
int f(int n) { if (n > 3) throw n; return n; }
int g(int n) { try { return f(n); } catch (int e) { return e; } }
"""
FRAME = re.compile(r" FDE cie=\w+ pc=(\w+)\.\.(\w+)")


def frames(path: Path) -> set[tuple[int, int]]:
    """Start and size of each frame, by readelf."""
    listing = tool("readelf", "--debug-dump=frames", "--wide", str(path))
    return {(int(found[1], 16), int(found[2], 16) - int(found[1], 16)) for found in FRAME.finditer(listing)}


def plt(path: Path) -> list[range]:
    sections = [
        re.split(r"\s+", line.split("]", 1)[1].strip())
        for line in tool("readelf", "--section-headers", "--wide", str(path)).splitlines()
        if re.match(r" *\[ *\d+\] \.plt", line)
    ]
    return [range(int(each[2], 16), int(each[2], 16) + int(each[4], 16)) for each in sections]


@pytest.mark.parametrize("options", [(), ("-O2",), ("-m32", "-ffreestanding"), ("-static",), ("-no-pie", "-O2")])
def test_every_frame_outside_the_plt_is_a_function(tmp_path: Path, options: tuple[str, ...]) -> None:
    if "-m32" in options:
        path = compile_c(tmp_path / "made", BARE, *options, "-nostdlib", "-fasynchronous-unwind-tables")
    else:
        path = compile_c(tmp_path / "made", SOURCE, *options)
    stubs = plt(path)
    expected = {frame for frame in frames(path) if not any(frame[0] in part for part in stubs)}
    with path.open("rb") as stream:
        found = unnamed_functions(stream, str(path), ())
    assert expected
    assert {(symbol.vaddr, symbol.size) for symbol in found} == expected


def test_frames_of_known_functions_are_not_named_again(tmp_path: Path) -> None:
    path = shared(tmp_path / "made", SOURCE, "-O1")
    hidden = next(row for row in readelf_functions(path, ".symtab") if row.name == "hidden")
    tool("strip", str(path))
    with path.open("rb") as stream:
        known = read_function_symbols(stream, str(path))
        found = unnamed_functions(stream, str(path), known)
    assert {symbol.name for symbol in known} >= {"seen", "main"}
    assert [(symbol.name, symbol.vaddr, symbol.size) for symbol in found] == [
        (f"function_at_{hidden.vaddr:x}", hidden.vaddr, hidden.size)
    ]


def test_the_entry_of_a_program_is_called_as_linkers_call_it(tmp_path: Path) -> None:
    path = compile_c(tmp_path / "made", SOURCE)
    start = next(row for row in readelf_functions(path, ".symtab") if row.name == "_start")
    with path.open("rb") as stream:
        found = {int(symbol.vaddr): symbol.name for symbol in unnamed_functions(stream, str(path), ())}
    assert found[start.vaddr] == "_start"
    assert list(found.values()).count("_start") == 1


def test_cplusplus_with_personalities_is_read(tmp_path: Path) -> None:
    path = compile_c(tmp_path / "made", THROWS, "-shared", "-fPIC", "-O1", name="source.cc")
    with path.open("rb") as stream:
        found = unnamed_functions(stream, str(path), ())
    assert {symbol.vaddr for symbol in found} == {start for start, _ in frames(path)} - {
        start for start, _ in frames(path) if any(start in part for part in plt(path))
    }


def test_a_file_without_frames_has_no_unnamed_functions(tmp_path: Path) -> None:
    path = tmp_path / "bare"
    path.write_bytes(elf())
    with path.open("rb") as stream:
        assert unnamed_functions(stream, str(path), ()) == ()


@pytest.mark.parametrize(
    "content",
    [
        b"\x10\0\0\0\x04\0\0\0" + b"\0" * 12,  # a frame whose CIE isn't there
        b"\xff\0\0\0\0\0\0\0",  # longer than the section
        b"\xff\xff\xff\xff\0\0",  # a length of eight bytes that ends
        b"\x08\0\0\0\0\0\0\0\x01zR",  # a CIE that ends in its augmentation
        b"\x08\0\0\0\0\0\0\0\x01eh\0",  # an augmentation of GCC 2
        b"\x10\0\0\0\0\0\0\0\x01zR\0" + b"\x80" * 8,  # a number that never ends
    ],
)
def test_damaged_frames_are_an_elf_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "damaged"
    path.write_bytes(elf(extra=[Section(".eh_frame", SHT_PROGBITS, content, vaddr=0x3000)]))
    with path.open("rb") as stream, pytest.raises(ElfError):
        unnamed_functions(stream, str(path), ())
