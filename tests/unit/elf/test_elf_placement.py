"""Where a probe sits: the rules of the straight line, instruction by instruction."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funkqa.elf.image import Segment
from funkqa.elf.line import MAX_LINE
from funkqa.elf.placement import PlacedOn, Placement, place_probe, place_probes
from funkqa.model.plan import Function, Standing
from funkqa.model.units import FileOffset, Vaddr

ENTRY = Vaddr(0x401000)
BYTES = {
    "endbr64": "f30f1efa",
    "push rbx": "53",
    "push r12": "4154",
    "nop": "90",
    "nop5": "0f1f440000",
    "mov eax, edi": "89f8",
    "mov rbp, rsp": "4889e5",
    "sub rsp, 24": "4883ec18",
    "test edi, edi": "85ff",
    "je +4": "7404",
    "call +16": "e810000000",
    "jmp +16": "eb10",
    "ret": "c3",
    "bnd ret": "f2c3",
    "jmp rax": "ffe0",
    "notrack jmp rax": "3effe0",
    "call rax": "ffd0",
    "jmp [rip + 16]": "ff2510000000",
    "syscall": "0f05",
    "ud2": "0f0b",
    "hlt": "f4",
    "int3": "cc",
    "int 0x80": "cd80",
    "div ecx": "f7f1",
    "idiv ecx": "f7f9",
    "leave": "c9",
    "rep movsb": "f3a4",
    "rep stosq": "f348ab",
    "mov eax, [rdi]": "8b07",
    "mov [rax], ecx": "8908",
    "cmp byte [rsi + 8], 0": "807e0800",
    "mov rax, [rsp + rax*8]": "488b04c4",
    "mov rax, gs:0": "65488b042500000000",
    "mov rax, gs:[rax]": "65488b00",
    "mov rax, fs:[rax]": "64488b00",
    "mov rax, fs:0x28": "64488b042528000000",
    "mov rax, [rsp + 8]": "488b442408",
    "mov [rsp - 8], rax": "48894424f8",
    "mov eax, [rbp - 4]": "8b45fc",
    "mov rax, [rip + 0x100]": "488b0500010000",
    "cmp dword [rip], 0": "833d0000000000",
    "lea rax, [rdi + rsi*4]": "488d04b7",
    "nop [rax + rax]": "660f1f0400",
    "cs nop [rax + rax]": "662e0f1f8400000000" + "00",
    "lock xadd [rdi], eax": "f00fc107",
    "lock inc [rdi]": "f0ff07",
    "prefetch [rdi]": "0f180f",
    "jrcxz +4": "e304",
    "loop +4": "e204",
    "xlatb": "d7",
    "enter": "c8100000",
    "in al, dx": "ec",
    "cpuid": "0fa2",
    "xbegin": "c7f800000000",
    "pop rbx": "5b",
    "and rsp, -64": "4883e4c0",
    "lzcnt eax, edi": "f30fbdc7",
    "sub rsp, 0x900000": "4881ec00009000",
    "mov rsp, rdi": "4889fc",
    "xchg rsp, rax": "4894",
    "pop rsp": "5c",
    "mov rax, [rsp + 0x900000]": "488b842400009000",
    "vpaddd xmm0, xmm0, xmm0": "c5f9fec0",
    "popcnt eax, edi": "f30fb8c7",
    "movd mm0, eax": "0f6ec0",
    "mov ds, eax": "8ed8",
    "paddd xmm0, [rsp]": "660ffe0424",
    "bt [rsp], rdi": "480fa33c24",
    "rdtsc": "0f31",
    "xchg [rip + 16], eax": "870510000000",
}
SAFE = (
    *("mov eax, edi", "mov rbp, rsp", "sub rsp, 24", "test edi, edi", "mov rax, fs:0x28", "mov rax, [rsp + 8]"),
    *(
        "mov [rsp - 8], rax",
        "mov rax, [rip + 0x100]",
        "cmp dword [rip], 0",
        "pop rbx",
        "and rsp, -64",
        "lzcnt eax, edi",
    ),
    *("lea rax, [rdi + rsi*4]", "nop [rax + rax]", "cs nop [rax + rax]", "endbr64"),
)
STOPS = (
    *(
        "ret",
        "bnd ret",
        "jmp rax",
        "notrack jmp rax",
        "call rax",
        "jmp [rip + 16]",
        "syscall",
        "ud2",
        "hlt",
        "int3",
    ),
    *("int 0x80", "div ecx", "idiv ecx", "rep movsb", "rep stosq", "mov eax, [rdi]", "mov [rax], ecx", "jrcxz +4"),
    *("cmp byte [rsi + 8], 0", "mov rax, [rsp + rax*8]", "mov rax, gs:0", "mov rax, gs:[rax]", "loop +4", "xlatb"),
    *("mov rax, fs:[rax]", "lock xadd [rdi], eax", "lock inc [rdi]", "enter", "in al, dx", "xbegin"),
    *(
        "mov eax, [rbp - 4]",
        "leave",
        "cpuid",
        "rdtsc",
        "sub rsp, 0x900000",
        "mov rsp, rdi",
        "xchg rsp, rax",
        "pop rsp",
    ),
    *("mov rax, [rsp + 0x900000]", "vpaddd xmm0, xmm0, xmm0", "popcnt eax, edi", "movd mm0, eax", "mov ds, eax"),
    *("paddd xmm0, [rsp]", "bt [rsp], rdi", "xchg [rip + 16], eax"),
)


def code(*names: str) -> bytes:
    return bytes.fromhex("".join(BYTES[name] for name in names))


def placed(*names: str) -> tuple[int, PlacedOn] | None:
    """Offset from the entry, and why, of the probe in a function of these instructions."""
    placement = place_probe(code(*names), ENTRY)
    return None if placement is None else (placement.vaddr - ENTRY, placement.placed_on)


@pytest.mark.parametrize("first", ["push rbx", "push r12", "nop", "nop5", "je +4", "call +16", "jmp +16"])
def test_an_emulated_first_instruction_carries_the_probe(first: str) -> None:
    assert placed(first, "ret") == (0, PlacedOn.EMULATED)
    assert placed("endbr64", first, "ret") == (4, PlacedOn.EMULATED)


@pytest.mark.parametrize("between", SAFE)
def test_the_line_goes_on_over_what_cannot_fault(between: str) -> None:
    assert placed("mov eax, edi", between, "push rbx", "ret") == (2 + len(code(between)), PlacedOn.EMULATED)


@pytest.mark.parametrize("stop", STOPS)
def test_the_line_ends_where_the_next_instruction_may_not_be_reached(stop: str) -> None:
    placement = place_probe(code("mov eax, edi", stop, "push rbx", "ret"), ENTRY)

    assert placement is not None
    assert (placement.vaddr, placement.placed_on) == (ENTRY, PlacedOn.ENTRY)
    assert placement.end


@pytest.mark.parametrize("between", ["mov [rsp - 8], rax", "pop rbx", "sub rsp, 24"])
def test_a_nop_of_five_bytes_is_no_place_once_the_stack_is_used(between: str) -> None:
    """The kernel turns it into a call, which overwrites what lies below the stack pointer."""
    assert placed("mov eax, edi", "nop5", "ret") == (2, PlacedOn.EMULATED)
    assert placed("mov eax, edi", between, "nop5", "ret") == (0, PlacedOn.ENTRY)
    assert placed("mov eax, edi", between, "nop5", "nop", "ret") == (7 + len(code(between)), PlacedOn.EMULATED)


def test_the_reason_names_the_instruction_that_ended_the_line() -> None:
    placement = place_probe(code("mov eax, edi", "mov eax, [rdi]", "push rbx"), ENTRY)
    assert placement == Placement(ENTRY, PlacedOn.ENTRY, "mov eax, dword ptr [rdi] may fault")


def test_a_function_that_ends_before_a_good_place_keeps_the_entry() -> None:
    assert placed("mov eax, edi") == (0, PlacedOn.ENTRY)


@pytest.mark.parametrize(
    ("names", "place"),
    [
        (("lock inc [rdi]", "ret"), 3),
        (("lock xadd [rdi], eax", "mov eax, edi", "ret"), 4),
        (("lock inc [rdi]", "lock inc [rdi]", "ret"), 6),
        (("notrack jmp rax", "nop"), None),
        (("hlt", "nop"), None),
        (("int3", "nop"), None),
        (("cs nop [rax + rax]", "ret"), 10),
        (("lock inc [rdi]",), None),
        (("lock inc [rdi]", "int3", "nop"), None),
    ],
)
def test_behind_an_entry_that_the_kernel_refuses_is_the_next_best_place(
    names: tuple[str, ...], place: int | None
) -> None:
    assert placed(*names) == (None if place is None else (place, PlacedOn.BEYOND_REFUSED))


def test_a_refused_instruction_that_cannot_fault_is_passed_on_the_way_to_an_emulated_one() -> None:
    assert placed("cs nop [rax + rax]", "push rbx") == (10, PlacedOn.EMULATED)


@pytest.mark.parametrize(("length", "found"), [(MAX_LINE - 1, True), (MAX_LINE, False)])
def test_the_line_is_followed_for_a_limited_number_of_instructions(length: int, found: bool) -> None:
    names = ["mov eax, edi"] * length + ["push rbx"]
    assert placed(*names) == ((2 * length, PlacedOn.EMULATED) if found else (0, PlacedOn.ENTRY))


def test_bytes_that_are_no_instruction_end_the_line() -> None:
    placement = place_probe(code("mov eax, edi") + b"\x06" + code("push rbx"), ENTRY)
    assert placement is not None
    assert placement.vaddr == ENTRY


def test_a_function_without_code_has_no_place() -> None:
    assert place_probe(b"", ENTRY) is None


def test_no_line_runs_over_the_next_symbol_or_the_end_of_the_function() -> None:
    content = code("mov eax, edi", "mov eax, edi", "push rbx", "ret")
    assert places(content, sizes=[(0, 6)]) == [(0, 4)]
    assert places(content, sizes=[(0, 4)]) == [(0, 0)]
    assert places(content, sizes=[(0, 6)], starts=[0, 2]) == [(0, 0)]
    assert places(content, sizes=[(0, 0)]) == [(0, 4)]


def test_only_functions_with_a_probe_are_placed() -> None:
    content = code("push rbx", "ret")
    functions = [
        made(0, 2, Standing.GLUE),
        made(0, 2),
        made(0, 2, Standing.EXCLUDED),
        made(0, 2, Standing.SKIPPED),
    ]
    assert [index for index, _ in place_probes(functions, [ENTRY], "x86_64", whole(content), reader(content))] == [
        1
    ]


def test_other_architectures_keep_the_entry() -> None:
    content = b"\x1f\x20\x03\xd5\xc0\x03\x5f\xd6"
    ((_, place),) = place_probes([made(0, 8)], [ENTRY], "aarch64", whole(content), reader(content))
    assert place is not None
    assert (place.vaddr, place.placed_on) == (ENTRY, PlacedOn.ENTRY)


@settings(max_examples=300)
@given(
    st.lists(st.sampled_from(sorted(BYTES)), max_size=12).map(lambda names: code(*names)) | st.binary(max_size=64)
)
def test_a_place_is_on_the_line_or_there_is_none(content: bytes) -> None:
    placement = place_probe(content, ENTRY)
    assert placement is None or ENTRY <= placement.vaddr < ENTRY + len(content)


def made(start: int, size: int, standing: Standing = Standing.PROBED) -> Function:
    vaddr, offset = Vaddr(ENTRY + start), FileOffset(start)
    return Function(vaddr, offset, size, "f", ("f",), "f", False, "", "", 0, 0, standing)


def reader(content: bytes) -> Callable[[int, int], bytes]:
    return lambda offset, length: content[offset : offset + length]


def whole(content: bytes) -> list[Segment]:
    return [Segment(ENTRY, 0, len(content))]


def places(
    content: bytes, sizes: list[tuple[int, int]], starts: list[int] | None = None
) -> list[tuple[int, int | None]]:
    """Index and offset from ENTRY of the places in functions (start, size) of ``content``."""
    functions = [made(start, size) for start, size in sizes]
    symbols = [Vaddr(ENTRY + start) for start in (starts or [start for start, _ in sizes])]
    found = place_probes(functions, symbols, "x86_64", whole(content), reader(content))
    return [(index, None if place is None else place.vaddr - ENTRY) for index, place in found]
