"""What is read of an ELF file, from files built in code and files that gcc made."""

import io
import struct
from pathlib import Path

import pytest

from funkqa.elf.image import ElfFacts, Symbol, read_facts, read_function_symbols
from funkqa.model.errors import ElfError
from funkqa.model.plan import ImageRole
from funkqa.model.units import Vaddr
from tests import elfwriter
from tests.compiling import compile_c, library, readelf_functions, shared, tool
from tests.elfwriter import Code, Section, elf, file, func, undefined

SOURCE = """
#include <stdio.h>
static __attribute__((noinline)) int helper(int n) { return n * 3; }
int visible(int n) { return helper(n) + 1; }
__attribute__((weak)) int weak(int n) { return helper(n + 1); }
int second(int n) __attribute__((alias("visible")));
static void *choose(void) { return visible; }
int chosen(int) __attribute__((ifunc("choose")));
int main(int argc, char **argv) { printf("%d %d", weak(argc), chosen(argc)); return visible(argc); }
"""


def facts(content: bytes) -> ElfFacts:
    return read_facts(io.BytesIO(content), "built")


def symbols(content: bytes) -> tuple[Symbol, ...]:
    return read_function_symbols(io.BytesIO(content), "built")


@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize("bits", [32, 64])
def test_every_class_and_byte_order_is_read_alike(bits: int, big_endian: bool) -> None:
    content = elf(
        [file("a.c"), func("helper", 0x1010, 4, local=True), func("main", 0x1139, 32), undefined("puts")],
        build_id="ab12",
        soname="libx.so.1",
        altlink=("../../.dwz/x", "cd34"),
        bits=bits,
        big_endian=big_endian,
    )

    read = facts(content)

    assert (read.build_id, read.soname, read.altlink) == ("ab12", "libx.so.1", ("../../.dwz/x", "cd34"))
    assert (read.has_symtab, read.has_dynsym, read.linkable) == (True, False, True)
    assert read.segments == ((0x1000, 0x1000, 0x1000),)
    assert [symbol[:5] for symbol in symbols(content)] == [
        ("helper", 0x1010, 4, 0, "a.c"),
        ("main", 0x1139, 32, 1, ""),
    ]


@pytest.mark.parametrize(
    ("machine", "name"),
    [(elfwriter.EM_X86_64, "x86_64"), (elfwriter.EM_386, "i686"), (elfwriter.EM_AARCH64, "aarch64"), (999, "999")],
)
def test_machines_are_called_as_uname_calls_them(machine: int, name: str) -> None:
    assert facts(elf(machine=machine)).machine == name


@pytest.mark.parametrize(
    ("machine", "bits", "big_endian", "name"),
    [
        (elfwriter.EM_S390, 64, True, "s390x"),
        (elfwriter.EM_S390, 32, True, "s390"),
        (elfwriter.EM_PPC64, 64, False, "ppc64le"),
        (elfwriter.EM_PPC64, 64, True, "ppc64"),
        (elfwriter.EM_X86_64, 32, False, "x32"),
    ],
)
def test_programs_that_a_machine_does_not_run_as_its_own_have_another_name(
    machine: int, bits: int, big_endian: bool, name: str
) -> None:
    assert facts(elf(machine=machine, bits=bits, big_endian=big_endian)).machine == name


@pytest.mark.parametrize(("other", "behind"), [(0, 0), (0x20, 0), (0x40, 4), (0x60, 8), (0x80, 16)])
def test_functions_of_ppc64le_are_entered_at_their_local_entry(other: int, behind: int) -> None:
    rows = [func("f", 0x1100, 64)._replace(other=other)]
    (power,) = symbols(elf(rows, machine=elfwriter.EM_PPC64))
    (intel,) = symbols(elf(rows, machine=elfwriter.EM_X86_64))
    assert (power.entry, intel.entry) == (behind, 0)


@pytest.mark.parametrize(
    ("kind", "linkable"),
    [(elfwriter.ET_REL, False), (elfwriter.ET_EXEC, True), (elfwriter.ET_DYN, True), (elfwriter.ET_CORE, False)],
)
def test_only_programs_and_shared_objects_are_linkable(kind: int, linkable: bool) -> None:
    assert facts(elf(kind=kind)).linkable is linkable


def test_offsets_follow_the_executable_segment_an_address_lies_in() -> None:
    read = facts(elf(code=(Code(0x401000, 0x1000, 0x100), Code(0x500000, 0x3000, 0x10))))

    assert read.offset(Vaddr(0x401000)) == 0x1000
    assert read.offset(Vaddr(0x4010FF)) == 0x10FF
    assert read.offset(Vaddr(0x401100)) is None
    assert read.offset(Vaddr(0x50000F)) == 0x300F
    assert read.offset(Vaddr(0x500010)) is None
    assert read.offset(Vaddr(0)) is None


def test_symtab_is_preferred_to_dynsym_and_dynsym_serves_without_it() -> None:
    dynamic = [func("exported", 0x1100, 8)]
    both = elf([func("exported", 0x1100, 8), func("hidden", 0x1200, 8, local=True)], dynamic)

    assert [symbol.name for symbol in symbols(both)] == ["exported", "hidden"]
    assert [symbol.name for symbol in symbols(elf(None, dynamic))] == ["exported"]
    assert symbols(elf()) == ()
    assert (facts(elf(None, dynamic)).has_symtab, facts(elf(None, dynamic)).has_dynsym) == (False, True)


def test_undefined_symbols_plt_entries_and_objects_are_no_functions() -> None:
    table = elfwriter.Symbol("table", 0x1100, 8, kind=elfwriter.STT_OBJECT)
    content = elf(
        [undefined("puts"), func("puts@plt", 0x3000, 16, section=".plt"), table, func("main", 0x1139, 32)],
        plt=Code(0x3000, 0x800, 0x100),
    )

    assert [symbol.name for symbol in symbols(content)] == ["main"]


def test_a_file_symbol_is_the_unit_of_the_local_symbols_after_it_only() -> None:
    content = elf(
        [
            func("early", 0x1000, 1, local=True),
            *(file("a.c"), func("same", 0x1010, 4, local=True)),
            *(file("b.c"), func("same", 0x1020, 4, local=True)),
            *(file(""), func("linker", 0x1030, 4, local=True)),
            func("main", 0x1040, 4),
        ]
    )

    units = [(symbol.name, symbol.unit) for symbol in symbols(content)]
    assert units == [("early", ""), ("same", "a.c"), ("same", "b.c"), ("linker", ""), ("main", "")]


def test_names_that_are_no_utf8_are_kept_apart() -> None:
    content = elf([func("caf\udce9", 0x1000, 1), func("caf\udcea", 0x1010, 1)])
    assert [symbol.name for symbol in symbols(content)] == ["caf\\xe9", "caf\\xea"]


@pytest.mark.parametrize(
    ("options", "role"),
    [
        (("-pie", "-fPIE"), ImageRole.PROGRAM),
        (("-no-pie",), ImageRole.PROGRAM),
        (("-static",), ImageRole.PROGRAM),
        (("-static-pie", "-fPIE"), ImageRole.PROGRAM),
        (("-shared", "-fPIC"), ImageRole.LIBRARY),
        (("-shared", "-fPIC", "-Wl,-soname,libx.so.1"), ImageRole.LIBRARY),
    ],
)
def test_role_of_what_gcc_makes(tmp_path: Path, options: tuple[str, ...], role: ImageRole) -> None:
    path = compile_c(tmp_path / "made", SOURCE, *options, "-Wl,--build-id=0xab12cd")
    with path.open("rb") as stream:
        read = read_facts(stream, "made")

    assert read.role is role
    assert read.machine == "x86_64"
    assert read.build_id == "ab12cd"
    assert read.soname == ("libx.so.1" if "-Wl,-soname,libx.so.1" in options else "")


def test_a_program_that_is_position_independent_in_the_old_way_is_known_by_its_interpreter() -> None:
    interp = "/lib64/ld-linux-x86-64.so.2"
    assert facts(elf(interp=interp)).role is ImageRole.PROGRAM
    assert facts(elf(interp=interp, soname="libc.so.6")).role is ImageRole.LIBRARY
    assert facts(elf(flags_1=0x08000001)).role is ImageRole.PROGRAM
    assert facts(elf(flags_1=1)).role is ImageRole.LIBRARY


def test_a_library_that_can_be_started_is_a_library() -> None:
    with library("libc.so.6").open("rb") as stream:
        read = read_facts(stream, "libc.so.6")
    assert (read.role, read.soname) == (ImageRole.LIBRARY, "libc.so.6")


@pytest.mark.parametrize("options", [(), ("-O2",), ("-static",), ("-shared", "-fPIC", "-O2"), ("-flto", "-O2")])
def test_functions_are_those_that_readelf_lists(tmp_path: Path, options: tuple[str, ...]) -> None:
    path = compile_c(tmp_path / "made", SOURCE, *options, "-g")
    assert read(path) == sorted(set(readelf_functions(path, ".symtab")))
    tool("strip", str(path))
    assert read(path) == sorted(set(readelf_functions(path, ".dynsym")))


def test_functions_of_libcrypto_are_those_that_readelf_and_nm_list() -> None:
    libcrypto = library("libcrypto.so.3")
    found = read(libcrypto)

    assert len(found) > 4000
    assert found == sorted(set(readelf_functions(libcrypto, ".dynsym")))
    listed = [line.split() for line in tool("nm", "-D", "--defined-only", str(libcrypto)).splitlines()]
    named = {(name.partition("@")[0], int(vaddr, 16)) for vaddr, kind, name in listed if kind in "TtiWw"}
    assert {(name, vaddr) for name, vaddr, _, _ in found} == named


def test_two_versions_of_one_symbol_are_two_functions_of_one_name(tmp_path: Path) -> None:
    source = """
    __asm__(".symver old, f@V1"); __asm__(".symver new, f@@V2");
    int old(void) { return 1; }
    int new(void) { return 2; }
    """
    script = tmp_path / "versions"
    script.write_text("V1 { global: f; local: *; }; V2 { global: f; } V1;")
    path = shared(tmp_path / "libv.so", source, f"-Wl,--version-script={script}", "-s")

    assert [name for name, _, _, _ in read(path)] == ["f", "f"]
    assert len({vaddr for _, vaddr, _, _ in read(path)}) == 2


def test_a_separate_debug_file_lists_the_functions_of_its_image(tmp_path: Path) -> None:
    path = shared(tmp_path / "libd.so", SOURCE, "-g")
    whole = read(path)
    tool("objcopy", "--only-keep-debug", str(path), str(tmp_path / "libd.debug"))
    tool("strip", str(path))

    assert read(tmp_path / "libd.debug") == whole
    with (tmp_path / "libd.debug").open("rb") as debug, path.open("rb") as stripped:
        assert read_facts(debug, "debug").build_id == read_facts(stripped, "stripped").build_id != ""


def test_a_note_of_another_owner_is_no_build_id() -> None:
    stapsdt = struct.pack("<III", 8, 4, 3) + b"stapsdt\0" + b"\xde\xad\xbe\xef"
    build_id = struct.pack("<III", 4, 2, 3) + b"GNU\0" + b"\xab\x12\0\0"
    notes = [Section(".note.stapsdt", elfwriter.SHT_NOTE, stapsdt)]

    assert facts(elf(extra=notes)).build_id == ""
    assert facts(elf(extra=[*notes, Section(".note", elfwriter.SHT_NOTE, stapsdt + build_id)])).build_id == "ab12"


def test_the_error_names_the_file() -> None:
    with pytest.raises(ElfError) as caught:
        read_facts(io.BytesIO(b"#!/bin/sh\n"), "/usr/bin/script")
    assert caught.value.where == "/usr/bin/script"


def read(path: Path) -> list[tuple[str, int, int, bool]]:
    with path.open("rb") as stream:
        found = read_function_symbols(stream, str(path))
    return sorted({(s.name.partition("@")[0], s.vaddr, s.size, s.binding == 0) for s in found})
