"""The inventory: every function once, in the order of addresses, with an identity that survives a rebuild."""

import io
from collections.abc import Mapping, Sequence

import pytest

from funkqa.elf.functions import Inventory, inventory
from funkqa.elf.image import read_facts, read_function_symbols
from funkqa.model.plan import Declaration, Function, SkipReason, Standing
from funkqa.model.units import Vaddr
from tests.elfwriter import STT_GNU_IFUNC, Code, Symbol, elf, file, func
from tests.gotable import go_program


def listed(
    symbols: Sequence[Symbol],
    declarations: Mapping[int, Declaration] | None = None,
    readable: Mapping[str, str] | None = None,
    code: Sequence[Code] = (Code(),),
) -> Inventory:
    content = elf(symbols, code=code)
    declared = {Vaddr(vaddr): declaration for vaddr, declaration in (declarations or {}).items()}
    return inventory(
        read_facts(io.BytesIO(content), "built"),
        read_function_symbols(io.BytesIO(content), "built"),
        declared,
        readable or {},
    )


def functions(
    symbols: Sequence[Symbol],
    declarations: Mapping[int, Declaration] | None = None,
    code: Sequence[Code] = (Code(),),
) -> tuple[Function, ...]:
    return listed(symbols, declarations, code=code).functions


def test_functions_are_in_the_order_of_their_addresses() -> None:
    found = functions([func("c", 0x1200, 8), func("a", 0x1000, 8), func("b", 0x1100, 8)])
    assert [function.name for function in found] == ["a", "b", "c"]
    assert [(function.vaddr, function.offset, function.size) for function in found] == [
        (0x1000, 0x1000, 8),
        (0x1100, 0x1100, 8),
        (0x1200, 0x1200, 8),
    ]


def test_aliases_at_one_address_are_one_function_with_the_best_name_first() -> None:
    aliases = [
        func("local_name", 0x1000, 8, local=True),
        func("__public", 0x1000, 8),
        func("public_and_long", 0x1000, 9),
        func("public", 0x1000, 8),
        func("public.localalias", 0x1000, 8, local=True),
    ]
    (found,) = functions(aliases)

    assert found.names == ("public", "public_and_long", "__public", "local_name")
    assert (found.symbol, found.local, found.size) == ("public", False, 9)


def test_a_function_without_a_size_is_measured() -> None:
    (found,) = functions([func("f", 0x1000, 0)])
    assert (found.size, found.standing) == (0, Standing.PROBED)


def test_a_cold_part_is_no_function_of_its_own() -> None:
    found = functions([func("f", 0x1000, 8), func("f.cold", 0x1800, 8, local=True)])
    assert [function.symbol for function in found] == ["f"]


def test_a_symbol_keeps_its_spelling_and_loses_its_suffix_in_the_name() -> None:
    (found,) = functions([file("a.c"), func("f.constprop.0", 0x1000, 8, local=True)])
    assert (found.symbol, found.name, found.key) == ("f.constprop.0", "f", ("f", "a.c", 0))


def test_static_functions_of_one_name_are_told_apart_by_unit_then_ordinal() -> None:
    found = functions(
        [
            *(file("a.c"), func("same", 0x1000, 8, local=True)),
            *(file("b.c"), func("same", 0x1100, 8, local=True), func("same.lto_priv.0", 0x1200, 8, local=True)),
            func("same", 0x1300, 8),
        ]
    )
    assert [function.key for function in found] == [
        ("same", "a.c", 0),
        ("same", "b.c", 0),
        ("same", "b.c", 1),
        ("same", "", 0),
    ]


def test_ordinals_do_not_depend_on_the_order_of_symbols() -> None:
    rows = [func("same", 0x1000 + 16 * number, 8) for number in range(5)]
    assert functions(rows) == functions(rows[::-1])


def test_the_unit_that_dwarf_knows_is_preferred_to_the_file_symbol() -> None:
    symbols = [file("ltrans0.o"), func("f", 0x1000, 8, local=True), func("g", 0x1100, 8, local=True)]
    first, second = functions(symbols, declarations={0x1000: Declaration("src/f.c", "src/f.h", 12)})

    assert (first.unit, first.file, first.line) == ("src/f.c", "src/f.h", 12)
    assert (second.unit, second.file, second.line) == ("ltrans0.o", "", 0)


def test_the_unit_of_a_global_function_is_no_part_of_its_identity() -> None:
    (found,) = functions([func("f", 0x1000, 8)], declarations={0x1000: Declaration("f.c", "f.c", 1)})
    assert (found.unit, found.key) == ("f.c", ("f", "", 0))


@pytest.mark.parametrize("alias", ["_start", "frame_dummy"])
def test_glue_stands_outside_even_under_another_name(alias: str) -> None:
    (found,) = functions([func(alias, 0x1000, 8), func("a", 0x1000, 8)])
    assert found.standing is Standing.GLUE


def test_a_symbol_outside_the_executable_segments_is_skipped_with_a_reason() -> None:
    inside, outside = functions([func("in", 0x1000, 8), func("out", 0x9000, 8)])
    assert (inside.standing, inside.reason) == (Standing.PROBED, None)
    assert (outside.standing, outside.reason) == (Standing.SKIPPED, SkipReason.OUTSIDE_SEGMENTS)


def test_offsets_are_those_of_the_segment_the_function_lies_in() -> None:
    code = (Code(0x401000, 0x1000, 0x100), Code(0x500000, 0x2000, 0x100))
    found = functions([func("a", 0x401010, 8), func("b", 0x500010, 8, section=".text.1")], code=code)
    assert [function.offset for function in found] == [0x1010, 0x2010]


def test_a_name_that_only_a_resolver_has_stands_for_the_resolver() -> None:
    chosen = Symbol("memcpy", 0x1000, 8, kind=STT_GNU_IFUNC)
    (found,) = functions([chosen, func("choose_memcpy", 0x1000, 8, local=True)])
    assert (found.name, found.names) == ("choose_memcpy", ("choose_memcpy", "memcpy"))


def test_names_are_read_in_the_form_that_people_read() -> None:
    symbols = [func("_ZN1a1bEv.constprop.0", 0x1000, 8), func("plain", 0x1100, 8)]
    found = listed(symbols, readable={"_ZN1a1bEv": "a::b()"}).functions
    assert [function.demangled for function in found] == ["a::b()", "plain"]


def test_names_of_go_keep_what_looks_like_a_suffix() -> None:
    content = go_program([("main.main", 0x1000), ("main.cold", 0x1040), ("net.resolver", 0x1080)], end=0x10C0)
    facts = read_facts(io.BytesIO(content), "go")
    found = inventory(facts, read_function_symbols(io.BytesIO(content), "go"), {}, {}).functions
    assert [(each.name, each.size, each.standing) for each in found] == [
        ("main.main", 0x40, Standing.PROBED),
        ("main.cold", 0x40, Standing.PROBED),
        ("net.resolver", 0x40, Standing.PROBED),
    ]
