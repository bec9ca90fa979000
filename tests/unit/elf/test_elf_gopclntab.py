"""Go's own table of functions."""

import io

import pytest

from funkqa.elf.gopclntab import functions
from funkqa.elf.image import read_facts, read_function_symbols, read_go_declarations
from funkqa.model.errors import ElfError
from funkqa.model.plan import Declaration
from tests.elfwriter import SHT_PROGBITS, Section, elf, func
from tests.gotable import go_program, gopclntab

TABLE = gopclntab([("main.main", 0), ("main.(*T).String", 0x40)], 0x100, 0x1000)


def test_functions_have_their_names_sizes_files_and_lines() -> None:
    assert functions(TABLE, "<", 0) == [
        ("main.main", 0x1000, 0x40, "main.go", 0),
        ("main.(*T).String", 0x1040, 0xC0, "main.go", 10),
    ]


def test_a_program_without_symbols_lists_the_functions_of_the_table() -> None:
    stream = io.BytesIO(go_program([("main.main", 0x1000), ("main.run", 0x1040)], end=0x1080))
    facts = read_facts(stream, "go")
    assert (facts.is_go, facts.has_symtab) == (True, True)
    found = read_function_symbols(stream, "go")
    assert [(symbol.name, symbol.vaddr, symbol.size) for symbol in found] == [
        ("main.main", 0x1000, 0x40),
        ("main.run", 0x1040, 0x40),
    ]
    assert read_go_declarations(stream, "go")[found[1].vaddr] == Declaration("", "main.go", 10)


def test_the_address_of_code_that_the_table_leaves_out_is_that_of_text() -> None:
    table = gopclntab([("main.main", 0)], 0x40, 0)
    section = Section(".data.rel.ro.gopclntab", SHT_PROGBITS, table, 0x2)
    (found,) = read_function_symbols(io.BytesIO(elf(extra=(section,))), "go")
    assert (found.name, found.vaddr) == ("main.main", 0x1000)


def test_symbols_are_preferred_to_the_table() -> None:
    section = Section(".gopclntab", SHT_PROGBITS, TABLE, 0x2)
    content = elf([func("kept", 0x1000, 8)], extra=(section,))
    assert [symbol.name for symbol in read_function_symbols(io.BytesIO(content), "go")] == ["kept"]


def test_tables_of_other_versions_have_no_functions() -> None:
    assert functions(b"\xfb\xff\xff\xff" + TABLE[4:], "<", 0) == []
    assert functions(b"", "<", 0) == []


@pytest.mark.parametrize("length", [8, 40, 72, 100, len(TABLE) - 60])
def test_a_table_that_is_cut_off_is_refused(length: int) -> None:
    section = Section(".gopclntab", SHT_PROGBITS, TABLE[:length], 0x2)
    with pytest.raises(ElfError, match="not a well-formed ELF file"):
        read_function_symbols(io.BytesIO(elf(extra=(section,))), "go")
