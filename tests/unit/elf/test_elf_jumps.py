"""Jumps that land behind an entry, in assembled code: a probe never sits at such a place or behind it."""

from pathlib import Path

import pytest

from funkqa.elf.filters import excluded
from funkqa.elf.functions import inventory
from funkqa.elf.image import read_facts, read_function_symbols
from funkqa.elf.placement import PlacedOn, place_probes
from funkqa.model.recipe import Measure
from funkqa.system import files
from tests.compiling import shared

JUMPS = ("jmp .Lwithin", "je .Lwithin", "call .Lwithin", "jrcxz .Lwithin", "loop .Lwithin")
NEAR = ("jmp .Lwithin", "je .Lwithin", "call .Lwithin")
TARGET = "mov %edi, %eax\n.Lwithin: push %rax\npop %rcx\nret"


def function(name: str, body: str) -> str:
    return f".globl {name}\n.type {name},@function\n{name}: {body}\n.size {name}, .-{name}\n"


def places(tmp_path: Path, *functions: str, include: str = "") -> dict[str, tuple[int, PlacedOn]]:
    """Offset from the entry, and why, of each function's probe."""
    path = shared(tmp_path / "library.so", ".text\n" + "".join(functions), "-nostdlib", name="source.s")
    with files.held(path) as held:
        with held.stream() as stream:
            facts = read_facts(stream, str(path))
            symbols = read_function_symbols(stream, str(path))
        known = excluded(inventory(facts, symbols, {}, {}).functions, Measure(include=(include,)), ())
        starts = sorted({symbol.vaddr for symbol in symbols})
        found = {}
        for index, place in place_probes(known, starts, facts.machine, facts.segments, held.read):
            assert place is not None
            found[known[index].name] = (place.vaddr - known[index].vaddr, place.placed_on)
        return found


@pytest.mark.parametrize("jump", JUMPS)
def test_a_jump_from_the_function_before_sends_the_probe_to_the_entry(tmp_path: Path, jump: str) -> None:
    found = places(tmp_path, function("source", f"lea 1(%rdi), %eax\n{jump}\nret"), function("target", TARGET))
    assert found["target"] == (0, PlacedOn.ENTRY)


@pytest.mark.parametrize("jump", JUMPS)
def test_and_so_does_one_from_the_function_behind(tmp_path: Path, jump: str) -> None:
    found = places(tmp_path, function("target", TARGET), function("source", f"lea 1(%rdi), %eax\n{jump}\nret"))
    assert found["target"] == (0, PlacedOn.ENTRY)


@pytest.mark.parametrize("jump", NEAR)
@pytest.mark.parametrize("before", [True, False])
def test_and_so_does_one_from_afar(tmp_path: Path, jump: str, before: bool) -> None:
    parts = [
        function("source", f"lea 1(%rdi), %eax\n{jump}\nret"),
        ".skip 5000, 0x90\n",
        function("target", TARGET),
    ]
    assert places(tmp_path, *(parts if before else parts[::-1]))["target"] == (0, PlacedOn.ENTRY)


def test_a_jump_behind_endbr64_sends_the_probe_to_endbr64(tmp_path: Path) -> None:
    body = "endbr64\n.Lwithin: push %rax\npop %rcx\nret"
    alone = places(tmp_path, function("target", body))
    entered = places(tmp_path, function("target", body), function("source", "jmp .Lwithin"))
    assert alone["target"] == (4, PlacedOn.EMULATED)
    assert entered["target"] == (0, PlacedOn.ENTRY)


@pytest.mark.parametrize("jump", [".byte 0xf2; jmp .Lwithin", "rex.W call .Lwithin", "jne,pn .Lwithin"])
def test_and_so_does_one_with_prefixes(tmp_path: Path, jump: str) -> None:
    parts = [
        function("target", TARGET),
        ".skip 5000, 0x90\n",
        function("source", f"lea 1(%rdi), %eax\n{jump}\nret"),
    ]
    assert places(tmp_path, *parts)["target"] == (0, PlacedOn.ENTRY)


def test_and_so_does_an_address_that_is_taken_for_a_computed_jump(tmp_path: Path) -> None:
    taken = function("source", "lea .Lwithin(%rip), %rax\njmp *%rax")
    assert places(tmp_path, function("target", TARGET), taken)["target"] == (0, PlacedOn.ENTRY)


def test_and_so_does_one_from_a_function_that_is_not_measured(tmp_path: Path) -> None:
    parts = (function("source", "lea 1(%rdi), %eax\njmp .Lwithin"), function("target", TARGET))
    assert places(tmp_path, *parts, include="target") == {"target": (0, PlacedOn.ENTRY)}


def test_and_so_does_one_from_code_without_a_symbol(tmp_path: Path) -> None:
    source = "lea 1(%rdi), %eax\njmp .Lwithin\n"
    assert places(tmp_path, source, function("target", TARGET))["target"] == (0, PlacedOn.ENTRY)
    assert places(tmp_path, function("target", TARGET), source)["target"] == (0, PlacedOn.ENTRY)


def test_a_loop_to_the_line_may_run_without_the_entry(tmp_path: Path) -> None:
    """Who comes into the function by a computed jump comes to its head."""
    body = "mov %edi, %eax\n.Lwithin: dec %eax\ntest %eax, %eax\njne .Lwithin\nret"
    assert places(tmp_path, function("target", body))["target"] == (0, PlacedOn.ENTRY)


def test_a_jump_to_the_entry_is_the_way_in(tmp_path: Path) -> None:
    found = places(
        tmp_path, function("target", TARGET), function("source", "jmp target"), function("caller", "call target")
    )
    assert found["target"] == (2, PlacedOn.EMULATED)


def test_a_jump_behind_the_probe_is_no_concern(tmp_path: Path) -> None:
    body = "mov %edi, %eax\npush %rax\n.Lwithin: pop %rcx\nret"
    found = places(tmp_path, function("target", body), function("source", "push %rax\njmp .Lwithin"))
    assert found["target"] == (2, PlacedOn.EMULATED)


def test_what_only_looks_like_a_jump_is_none(tmp_path: Path) -> None:
    """The immediate operand holds the bytes of "jmp" to the second instruction of the function behind."""
    body = ".byte 0x48, 0xb8\n.byte 0x90, 0x90, 0x90, 0x90, 0x90, 0xeb, 0x04, 0x90\nret"
    found = places(tmp_path, function("source", body), function("target", TARGET))
    assert found["target"] == (2, PlacedOn.EMULATED)


@pytest.mark.parametrize(
    "faulting",
    [
        *("mov 8, %eax", "movl $1, 16", "mov %gs:8, %rax", "movl $1, target(%rip)", "incl target(%rip)"),
        *("divsd %xmm1, %xmm0", "addss %xmm1, %xmm0", "cvttsd2si %xmm0, %eax", "fld1", "movaps %xmm0, 8(%rsp)"),
        *("vdivsd %xmm1, %xmm0, %xmm0", "vfmadd213sd %xmm1, %xmm0, %xmm0", "ucomisd %xmm1, %xmm0"),
    ],
)
def test_an_instruction_that_may_fault_ends_the_line(tmp_path: Path, faulting: str) -> None:
    found = places(tmp_path, function("target", f".hidden target\n{faulting}\npush %rax\npop %rcx\nret"))
    assert found["target"] == (0, PlacedOn.ENTRY)


@pytest.mark.parametrize(
    "safe",
    [
        *("mov %fs:40, %rax", "mov target(%rip), %eax", "cmpl $1, target(%rip)", "mov %rax, 8(%rsp)"),
        *("movaps %xmm1, %xmm0", "movups %xmm0, 8(%rsp)", "pxor %xmm0, %xmm0", "movd %xmm0, %eax"),
    ],
)
def test_an_instruction_that_cannot_fault_does_not(tmp_path: Path, safe: str) -> None:
    found = places(tmp_path, function("target", f".hidden target\n{safe}\npush %rax\npop %rcx\nret"))
    assert found["target"][1] is PlacedOn.EMULATED
