"""Functions that exist only inlined, as gcc's DWARF tells them, with and without link-time optimisation."""

from pathlib import Path

import pytest

from funkqa.debuginfo.declarations import describe
from funkqa.elf.image import read_function_symbols
from funkqa.model.plan import DebugFile, DebugFileStatus, Inlined
from tests.compiling import compile_c, tool

FIRST = """
#include <stdio.h>
#include "inner.h"
static int once(int n) { return n * 3 + inner(n); }
static __attribute__((noinline)) int out(int n) { return n * 7; }
static int never(int n) { return n * 9; }
int both(int n) { return n ^ out(n); }
int two(int);
int main(int c, char **v) { printf("%d", once(c) + out(c) + both(c) + two(c)); return 0; }
"""
SECOND = """
#include "inner.h"
int (*volatile kept)(int);
static int own(int n) { return inner(n) - 1; }
int two(int n) { kept = own; return own(n) + inner(n); }
"""
INNER = "static inline int inner(int n) { return n << 3; }\nstatic inline int unused(int n) { return n; }\n"


def inlined(path: Path) -> tuple[Inlined, ...]:
    with path.open("rb") as stream:
        symbols = read_function_symbols(stream, str(path))
    return describe(DebugFile(DebugFileStatus.OWN_SYMTAB, path), symbols).inlined


def build(folder: Path, *options: str) -> Path:
    for name, text in (("first.c", FIRST), ("second.c", SECOND), ("inner.h", INNER)):
        (folder / name).write_text(text)
    tool("gcc", "-g", "-o", str(folder / "made"), *options, str(folder / "first.c"), str(folder / "second.c"))
    return folder / "made"


@pytest.mark.parametrize("options", [("-O2",), ("-O3", "-gdwarf-4"), ("-O2", "-gdwarf-3"), ("-O2", "-gz")])
def test_only_functions_without_code_of_their_own_are_told(tmp_path: Path, options: tuple[str, ...]) -> None:
    first, inner = str(tmp_path / "first.c"), str(tmp_path / "inner.h")
    assert inlined(build(tmp_path, *options)) == (
        Inlined("once", "once", first, first, 4),
        Inlined("inner", "inner", first, inner, 1),
    )


def test_link_time_optimisation_inlines_across_units(tmp_path: Path) -> None:
    path = build(tmp_path, "-O2", "-flto", "-flto-partition=none")
    code = tool("nm", str(path)).split()
    found = {each.name: each.line for each in inlined(path)}
    assert "two" not in code
    assert found.items() >= {"once": 4, "inner": 1, "two": 5}.items()
    assert not found.keys() & {*code, "never", "unused", "main", "out"}


def test_what_is_not_optimised_is_not_inlined(tmp_path: Path) -> None:
    assert inlined(build(tmp_path, "-O0")) == ()


def test_headers_of_the_system_are_left_out_and_linkage_names_are_given(tmp_path: Path) -> None:
    source = """
    #include <vector>
    namespace own { inline int twice(int n) { return 2 * n; } static int thrice(int n) { return 3 * n; } }
    int use(std::vector<int> &v) { v.push_back(own::twice(v[0]) + own::thrice(v[0])); return v.size(); }
    """
    path = compile_c(tmp_path / "libx.so", source, "-shared", "-fPIC", "-g", "-O2", name="use.cc")
    assert {each.name for each in inlined(path)} == {"_ZN3own5twiceEi", "thrice"}


def test_a_static_function_with_code_in_another_unit_is_no_inlined_function(tmp_path: Path) -> None:
    (tmp_path / "shape.h").write_text("static int area(int n) { return n * n; }\n")
    (tmp_path / "a.cc").write_text('#include "shape.h"\nint small(int n) { return area(n); }\n')
    (tmp_path / "b.cc").write_text('#include "shape.h"\nint (*volatile pointer)(int) = area;\n')
    sources = [str(tmp_path / "a.cc"), str(tmp_path / "b.cc")]
    tool("g++", "-g", "-O2", "-shared", "-fPIC", "-o", str(tmp_path / "libs.so"), *sources)
    assert "_ZL4areai" in tool("nm", str(tmp_path / "libs.so"))
    assert inlined(tmp_path / "libs.so") == ()


def test_a_method_with_code_in_another_unit_is_no_inlined_function(tmp_path: Path) -> None:
    (tmp_path / "shape.h").write_text("struct Shape { int side; int area() { return side * side; } };\n")
    (tmp_path / "a.cc").write_text('#include "shape.h"\nint small(Shape *s) { return s->area(); }\n')
    taken = "int (Shape::*volatile pointer)() = &Shape::area;\n"
    (tmp_path / "b.cc").write_text(f'#include "shape.h"\n{taken}')
    sources = [str(tmp_path / "a.cc"), str(tmp_path / "b.cc")]
    tool("g++", "-g", "-O2", "-shared", "-fPIC", "-o", str(tmp_path / "libs.so"), *sources)
    tool("g++", "-g", "-O2", "-shared", "-fPIC", "-o", str(tmp_path / "liba.so"), sources[0])
    assert inlined(tmp_path / "libs.so") == ()
    assert [each.name for each in inlined(tmp_path / "liba.so")] == ["_ZN5Shape4areaEv"]
