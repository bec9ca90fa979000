"""Unit, file and line of functions equal what gcc was given."""

import ctypes
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from funkqa.debuginfo.declarations import Described, describe, relative_source
from funkqa.debuginfo.demangle import demangle
from funkqa.elf.image import read_function_symbols
from funkqa.model.errors import ElfError
from funkqa.model.plan import DebugFile, DebugFileStatus, Declaration
from funkqa.system import libdw
from tests.compiling import compile_c, tool

MARK = re.compile(r"//\s*(\w+)")
FIRST = """
#include "inner.h"
static __attribute__((noinline)) int same(int n) { return n * 3; } // same
int one(int n) // one
{
    return same(n) + inner(n);
}
int two(int); int main(int argc, char **argv) { return one(argc) + two(argc); } // main
"""
SECOND = """

static __attribute__((noinline)) int same(int n) { return n * 5 + 1; } // same
int two(int n) { return same(n); } // two
"""
INNER = "static __attribute__((noinline)) int inner(int n) { return n - 7; } // inner\n"


def lines(source: str) -> dict[str, int]:
    """The line of each function, by the comment that marks it."""
    return {mark[1]: number for number, line in enumerate(source.splitlines(), 1) for mark in MARK.finditer(line)}


def described(path: Path) -> Described:
    with path.open("rb") as stream:
        symbols = read_function_symbols(stream, str(path))
    return describe(DebugFile(DebugFileStatus.OWN_SYMTAB, path), symbols)


def declared(path: Path) -> list[tuple[str, Declaration]]:
    """Each function symbol with its declaration, for those that have one."""
    found = described(path).declarations
    with path.open("rb") as stream:
        symbols = read_function_symbols(stream, str(path))
    rows = [(symbol.name.partition(".")[0], found[symbol.vaddr]) for symbol in symbols if symbol.vaddr in found]
    return sorted(set(rows))


@pytest.mark.parametrize(
    "options", [("-O0",), ("-O2",), ("-O1", "-gdwarf-4"), ("-O2", "-flto", "-flto-partition=none")]
)
def test_declarations_are_those_of_the_sources(tmp_path: Path, options: tuple[str, ...]) -> None:
    sources = {"first.c": FIRST, "second.c": SECOND, "inner.h": INNER}
    for name, text in sources.items():
        (tmp_path / name).write_text(text)
    units = [str(tmp_path / "first.c"), str(tmp_path / "second.c")]
    tool("gcc", "-g", *options, "-fno-inline", "-o", str(tmp_path / "made"), *units)

    first, second, inner = units[0], units[1], str(tmp_path / "inner.h")
    assert declared(tmp_path / "made") == [
        ("inner", Declaration(first, inner, lines(INNER)["inner"])),
        ("main", Declaration(first, first, lines(FIRST)["main"])),
        ("one", Declaration(first, first, lines(FIRST)["one"])),
        ("same", Declaration(first, first, lines(FIRST)["same"])),
        ("same", Declaration(second, second, lines(SECOND)["same"])),
        ("two", Declaration(second, second, lines(SECOND)["two"])),
    ]


SPLIT = """
#include <stdlib.h>
int often(int n) // often
{
    if (__builtin_expect(n == 12345, 0)) { for (int i = 0; i < n; i++) if (i == n / 2) abort(); exit(1); }
    return n + 1;
}
__attribute__((cold, noinline)) void seldom(int n) { exit(n); } // seldom
int main(int argc, char **argv) { if (argc > 100) seldom(argc); return often(argc); } // main
"""


def test_a_function_that_is_split_into_hot_and_cold_ranges_has_its_declaration_at_its_entry(
    tmp_path: Path,
) -> None:
    options = ("-g", "-O2", "-freorder-blocks-and-partition", "-fno-inline")
    path = compile_c(tmp_path / "made", SPLIT, *options, name="split.c")
    assert "often.cold" in tool("nm", str(path))
    dies = tool("readelf", "--debug-dump=info", str(path))
    assert "DW_AT_ranges" in dies

    found = {name: (Path(row.file).name, row.line) for name, row in declared(path) if not name.startswith("_")}
    assert found == {name: ("split.c", line) for name, line in lines(SPLIT).items()}


def test_a_file_without_dwarf_declares_nothing(tmp_path: Path) -> None:
    path = compile_c(tmp_path / "made", "int main(void) { return 0; }")
    assert described(path) == ({}, ())


def test_methods_of_classes_are_declared_where_they_are_defined(tmp_path: Path) -> None:
    source = """
    struct Shape {
        int area() const;
        template <class T> T scaled(T by) const { return by * area(); } // scaled
    };
    int Shape::area() const { return 42; } // area
    int use(const Shape &s) { return s.scaled(2) + (int)s.scaled(2.5); } // use
    """
    path = compile_c(tmp_path / "libx.so", source, "-shared", "-fPIC", "-g", name="shape.cc")
    at = described(path).declarations
    with path.open("rb") as stream:
        symbols = [symbol for symbol in read_function_symbols(stream, "x") if symbol.vaddr in at]
    readable: Mapping[str, str] = demangle(symbol.name for symbol in symbols)

    found = {(readable[symbol.name], at[symbol.vaddr].line) for symbol in symbols}
    assert ("use(Shape const&)", lines(source)["use"]) in found
    assert ("int Shape::scaled<int>(int) const", lines(source)["scaled"]) in found
    assert ("double Shape::scaled<double>(double) const", lines(source)["scaled"]) in found
    assert {line for name, line in found if name == "Shape::area() const"} <= {3, lines(source)["area"]}


@pytest.mark.parametrize(
    ("path", "relative"),
    [
        ("/usr/src/debug/bzip2-1.0.8-1.x86_64/bzip2.c", "bzip2.c"),
        ("/usr/src/debug/openssl-3/crypto/evp/evp.c", "crypto/evp/evp.c"),
        ("/usr/include/stdio.h", "/usr/include/stdio.h"),
        ("bzip2.c", "bzip2.c"),
        ("", ""),
    ],
)
def test_sources_below_rpms_directory_lose_the_version_in_it(path: str, relative: str) -> None:
    assert relative_source(path) == relative


def test_a_crash_of_libdw_is_an_error_of_the_file_that_it_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = compile_c(tmp_path / "made", SPLIT, "-g", "-shared", "-fPIC", "-O2")
    with monkeypatch.context() as crashing:
        crashing.setattr(libdw._Reader, "_declared", lambda *_: ctypes.string_at(0))
        with pytest.raises(ElfError, match=r"^libdw can't read it: it ended with signal 11 \(SIGSEGV\)$"):
            described(path)
    assert described(path).declarations
