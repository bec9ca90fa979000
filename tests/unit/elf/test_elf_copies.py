"""Several bodies of one function are one function."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from funkqa.debuginfo.declarations import describe
from funkqa.elf.functions import Inventory, inventory
from funkqa.elf.image import read_facts, read_function_symbols
from funkqa.model.plan import DebugFile, DebugFileStatus, Declaration, Standing
from funkqa.model.units import Vaddr
from tests.compiling import compile_c, tool
from tests.elfwriter import STT_GNU_IFUNC, Symbol, elf, file, func


def built(symbols: Sequence[Symbol], declarations: Mapping[int, Declaration] | None = None) -> Inventory:
    stream = io.BytesIO(elf(symbols))
    declared = {Vaddr(vaddr): declaration for vaddr, declaration in (declarations or {}).items()}
    return inventory(read_facts(stream, "built"), read_function_symbols(stream, "built"), declared, {})


def compiled(path: Path) -> Inventory:
    with path.open("rb") as stream:
        symbols = read_function_symbols(stream, str(path))
        described = describe(DebugFile(DebugFileStatus.OWN_SYMTAB, path), symbols)
        return inventory(read_facts(stream, str(path)), symbols, described.declarations, {})


def bodies(found: Inventory) -> dict[str, list[str]]:
    """Symbols of the bodies of each function, by its key."""
    grouped: dict[str, list[str]] = {}
    for index, body in found.bodies:
        key = ":".join(map(str, found.functions[index].key))
        grouped.setdefault(key, []).append(body.symbol)
    return grouped


def local(name: str, vaddr: int) -> Symbol:
    return func(name, vaddr, 8, local=True)


@pytest.mark.parametrize("copy", ["f.part.0", "f.constprop.0", "f.isra.0", "f.isra.0.part.1", "f.clone.3"])
def test_a_function_and_its_copies_are_one(copy: str) -> None:
    found = built([func("f", 0x1100, 8), file("a.c"), local(copy, 0x1000)])
    assert bodies(found) == {"f::0": [copy, "f"]}
    assert [function.symbol for function in found.functions] == ["f"]


def test_copies_without_a_whole_function_are_one() -> None:
    found = built([file("a.c"), local("f.constprop.0", 0x1000), local("f.constprop.1", 0x1100)])
    assert bodies(found) == {"f:a.c:0": ["f.constprop.0", "f.constprop.1"]}


def test_what_was_only_renamed_is_no_copy() -> None:
    found = built([file("a"), local("f.lto_priv.0", 0x1000), local("f.lto_priv.1", 0x1100)])
    assert bodies(found) == {"f:a:0": ["f.lto_priv.0"], "f:a:1": ["f.lto_priv.1"]}


def test_a_copy_of_what_was_renamed_belongs_to_it() -> None:
    symbols = [local("f.lto_priv.0", 0x1000), local("f.lto_priv.1", 0x1100), local("f.lto_priv.1.part.0", 0x1200)]
    found = built([file("a"), *symbols])
    assert bodies(found)["f:a:1"] == ["f.lto_priv.1", "f.lto_priv.1.part.0"]


def test_copies_belong_to_the_static_function_of_their_own_source_file() -> None:
    found = built(
        [
            *(file("a.c"), local("f", 0x1000), local("f.part.0", 0x1100)),
            *(file("b.c"), local("f", 0x1200), local("f.part.0", 0x1300)),
        ]
    )
    assert bodies(found) == {"f:a.c:0": ["f", "f.part.0"], "f:b.c:0": ["f", "f.part.0"]}


def test_dwarf_tells_a_static_function_from_a_global_one_of_its_name() -> None:
    symbols = [func("f", 0x1000, 8), file("<artificial>"), local("f.part.0", 0x1100), local("f.part.1", 0x1200)]
    declared = {0x1000: Declaration("a.c", "a.c", 5), 0x1100: Declaration("a.c", "a.c", 5)}
    found = built(symbols, declared | {0x1200: Declaration("b.c", "b.c", 9)})
    assert bodies(found) == {"f::0": ["f", "f.part.0"], "f:b.c:0": ["f.part.1"]}


def test_copies_that_nothing_tells_apart_stay_by_themselves() -> None:
    found = built([file("a"), local("f.part.0", 0x1000), local("f.part.0", 0x1100)])
    assert bodies(found) == {"f:a:0": ["f.part.0"], "f:a:1": ["f.part.0"]}


def test_a_cold_part_is_no_body() -> None:
    found = built([func("f", 0x1000, 8), file("a.c"), local("f.part.0.cold", 0x1100)])
    assert bodies(found) == {"f::0": ["f"]}


def test_code_that_two_functions_share_is_not_a_copy_of_either() -> None:
    shared = [local("f.constprop.0", 0x1000), local("g.constprop.0", 0x1000)]
    found = built([file("a.c"), *shared, local("f", 0x1100)])
    assert bodies(found) == {"f:a.c:0": ["f.constprop.0"], "f:a.c:1": ["f"]}


def test_versions_for_processors_are_one_function_and_its_resolver_is_glue() -> None:
    chosen = [Symbol("f", 0x1300, 8, kind=STT_GNU_IFUNC), func("f.resolver", 0x1300, 8)]
    found = built([*chosen, file("a.c"), local("f.default", 0x1000), local("f.avx2", 0x1100)])
    assert bodies(found) == {"f:a.c:0": ["f.default", "f.avx2"], "f.resolver::0": ["f.resolver"]}
    assert [function.standing for function in found.functions] == [Standing.PROBED, Standing.GLUE]


SOURCE = """
#include <stdlib.h>
int sink;
__attribute__((target_clones("avx2", "default"))) int versions(int n)
{
    int sum = 0;
    for (int i = 0; i < n; i++) sum += i * n;
    return sum;
}
static __attribute__((noinline)) int constant(int n, int m)
{
    for (int i = 0; i < n; i++) sink += i * m;
    return sink;
}
static int splits(int *p)
{
    if (!p) return 0;
    for (int i = 0; i < *p; i++) { sink += i; if (sink == 1000) abort(); sink ^= p[i]; }
    for (int i = 0; i < *p; i++) { sink += 2 * i; if (sink == 3000) abort(); sink ^= p[i + 1]; }
    return sink;
}
int first(int *p) { return splits(p) + 1; }
int second(int *p) { return splits(p) + 2; }
int main(int argc, char **argv)
{
    return first(&argc) + second(&argc) + versions(argc) + constant(argc, 3) + constant(argc + 1, 3);
}
"""


@pytest.mark.parametrize("debug", [("-g",), ("-g0",), ("-g", "-flto", "-flto-partition=none")])
def test_what_gcc_copies_and_splits_is_one_function_each(tmp_path: Path, debug: tuple[str, ...]) -> None:
    path = compile_c(tmp_path / "made", SOURCE, "-O2", *debug)
    symbols = tool("nm", str(path)).split()
    assert {"splits.part.0", "constant.constprop.0", "versions.avx2", "versions.resolver"} <= set(symbols)

    found = compiled(path)
    names = [function.name for function in found.functions if function.standing is Standing.PROBED]
    wanted = ("constant", "main", "splits", "versions")
    assert {name: names.count(name) for name in wanted} == dict.fromkeys(wanted, 1)
    of_versions = next(each for key, each in bodies(found).items() if key.startswith("versions:"))
    assert sorted(of_versions) == ["versions.avx2", "versions.default"]


THUNKS = """
int noise() { static volatile int n; return n++; }
struct A { virtual int f(int); virtual ~A(); int a; };
struct B { virtual int g(int n); virtual ~B(); int b; };
struct C : A, virtual B { int f(int) override; int g(int) override; C(); ~C() override; };
int A::f(int n) { return n; } A::~A() {} int B::g(int n) { return n * 2; } B::~B() {}
C::C() { a = noise(); } C::~C() { b = noise(); } int C::f(int n) { return n; }
int C::g(int n) { for (int i = 0; i < n; i++) a += noise() * i; return a; }
int main(int argc, char **) { B *b = new C; int r = b->g(argc); delete b; return r; }
"""


def test_a_thunk_is_a_body_of_its_function_and_constructors_keep_their_kinds(tmp_path: Path) -> None:
    path = compile_c(tmp_path / "made", THUNKS, "-O2", "-g", "-lstdc++", name="thunks.cc")
    thunks = [name for name in tool("nm", str(path)).split() if name.startswith("_ZTv")]
    assert len(thunks) == 3

    grouped = bodies(compiled(path))
    assert not [key for key in grouped if key.startswith("_ZT")]
    assert sorted(grouped["_ZN1C1gEi::0"]) == ["_ZN1C1gEi", "_ZTv0_n24_N1C1gEi"]
    constructors = {key for key in grouped if key.startswith("_ZN1CC")}
    assert constructors == {"_ZN1CC1Ev::0", "_ZN1CC2Ev::0"}
