"""What the kernel does with an instruction: the table, and that it agrees with the kernel."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from funkqa.elf.decode import Emulated, carries_probe, emulated, is_misread, is_refused
from funkqa.system import files, kernel
from funkqa.trace import links
from tests.compiling import compile_c, readelf_functions

EMULATED = {
    "push %rbx": Emulated.PUSH,
    "push %r12": Emulated.PUSH,
    "nop": Emulated.NOP,
    ".byte 0x0f, 0x1f, 0x44, 0, 0": Emulated.NOP,
    "jmp .+16": Emulated.JUMP,
    "jmp .+0x1000": Emulated.JUMP,
    "jne .+16": Emulated.BRANCH,
    "jne .+0x1000": Emulated.BRANCH,
    "call .+16": Emulated.CALL,
    "pause": None,
    "endbr64": None,
    "ret": None,
    "jmp *%rax": None,
    "call *%rax": None,
    "push $1": None,
    "push (%rax)": None,
    "mov %rsp, %rbp": None,
    "xchg %r8, %rax": None,
    "loop .+8": None,
    ".byte 0xf2, 0xeb, 13": None,  # bnd jmp, which binutils from 2.44 on refuse to assemble
    "rex.W call .+16": None,
}
TAKEN = """
push %rbx; nop; pause; endbr64; jmp .+16; jne .+16; call .+16; ret; repz ret; jmp *%rax
.byte 0xf2, 0xc3; .byte 0xf2, 0xeb, 13
xchg %eax, (%rdi); mov %fs:40, %rax; mov %gs:0, %rax; xchg %ax, %ax; data16 lea 0(%rip), %rdi; ud2; syscall
sysenter; cpuid; rdtsc; rdtscp; xgetbv; lfence; mfence; stmxcsr (%rsp); cld; rep movsb; leave
enter $16, $0; loop .+8; pushfq; popfq; mov %ds, %eax; movabs $1, %rax; div %rcx; cltq; fld1
movaps %xmm0, %xmm1; pxor %xmm0, %xmm0; vzeroupper; vpshufb %ymm1, %ymm2, %ymm3; vmovups (%rdi), %ymm0
andn %eax, %ebx, %ecx; rorx $5, %eax, %ebx; shlx %eax, %ebx, %ecx; vucomiss %xmm0, %xmm1; vlddqu (%rdi), %ymm0
vpermd %ymm0, %ymm1, %ymm2; vpternlogd $1, %zmm0, %zmm1, %zmm2
vpermi2d %zmm0, %zmm1, %zmm2; kmovq %k1, %rax; aesenc %xmm0, %xmm1
popcnt %eax, %ebx; movdqu (%rdi), %xmm0; xbegin .+6; data16 ret; sub $8, %rsp; test %edi, %edi
vpand %xmm1, %xmm2, %xmm12
"""
REFUSED = """
lock xadd %eax, (%rdi); lock incl (%rdi); xacquire lock incl (%rdi); lock cmpxchg16b (%rdi); notrack jmp *%rax
.byte 0x2e, 0x90; .byte 0x66, 0x2e, 0x0f, 0x1f, 0x04, 0; .byte 0x2e, 0x75, 0; int3; int $0x80; int1; hlt; cli; sti
in %dx, %al; out %al, %dx; in $1, %al; insb; outsb; iretq; .byte 0x66, 0xeb, 0; .byte 0x66, 0x75, 0
.byte 0x66, 0xe8, 0, 0, 0, 0; .byte 0x66, 0x66, 0x48, 0xe8, 0, 0, 0, 0; .byte 0x66, 0x0f, 0x85, 0, 0, 0, 0
vpxor %ymm0, %ymm0, %ymm0; vmovdqu (%rdi), %ymm0; vmovd %eax, %xmm0; vpxorq %zmm0, %zmm0, %zmm0
vmovdqu64 (%rdi), %zmm0; vmovdqu8 (%rdi), %ymm16; vpunpckldq %xmm0, %xmm1, %xmm2
"""


MISREAD = """
vpor %xmm1, %xmm2, %xmm0; vpor %ymm9, %ymm2, %ymm0; vpcmpeqb %xmm1, %xmm2, %xmm0; vpshufd $2, %xmm1, %xmm0
vzeroupper; vmovdqu %ymm1, (%rdi); vmovd %xmm0, %eax; vcmpltps %xmm1, %xmm2, %xmm0; vpsubsb %xmm1, %xmm2, %xmm0
vfnmadd132sd %xmm1, %xmm2, %xmm0; vpbroadcastb %edi, %ymm17; vpgatherdd %xmm1, (%rsi,%xmm3), %xmm0; kmovw %k1, %k2
xchg %r8, %rax; xchg %r8d, %eax; pushf; data16 pushf; rex.W pushf
"""
"""The kernel takes them: tests/e2e/test_truth_instructions.py has what became of them."""


def split(instructions: str) -> list[str]:
    return [one.strip() for line in instructions.splitlines() for one in line.split(";") if one.strip()]


def assembled(target: Path, instructions: list[str]) -> tuple[Path, list[int]]:
    """A shared object with a function per instruction, by gas, and the file offset of each."""
    lines = [".section .note.GNU-stack", ".text"]
    for number, instruction in enumerate(instructions):
        lines += [f".globl f{number}", f".type f{number}, @function", ".balign 32", f"f{number}: {instruction}"]
    lines += [".skip 0x1000, 0x90", ""]
    # One segment for all, so that an address is a file offset.
    options = ("-shared", "-nostdlib", "-Wl,-z,noseparate-code,--build-id=none")
    path = compile_c(target, "\n".join(lines), *options, name="code.s")
    found = {row.name: row.vaddr for row in readelf_functions(path, ".symtab")}
    return path, [found[f"f{number}"] for number in range(len(instructions))]


def code_of(path: Path, offset: int) -> bytes:
    return path.read_bytes()[offset : offset + 16]


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int]]:
    instructions = [*EMULATED, *split(TAKEN), *split(REFUSED), *split(MISREAD)]
    path, offsets = assembled(tmp_path_factory.mktemp("gas") / "lib.so", instructions)
    return path, dict(zip(instructions, offsets, strict=True))


@pytest.mark.parametrize("instruction", EMULATED)
def test_emulated(instruction: str, example: tuple[Path, dict[str, int]]) -> None:
    code = code_of(example[0], example[1][instruction])
    assert emulated(code) is EMULATED[instruction]
    assert not is_refused(code)


@pytest.mark.parametrize("instruction", split(REFUSED))
def test_refused(instruction: str, example: tuple[Path, dict[str, int]]) -> None:
    code = code_of(example[0], example[1][instruction])
    assert is_refused(code)
    assert emulated(code) is None


@pytest.mark.parametrize("instruction", split(TAKEN))
def test_taken(instruction: str, example: tuple[Path, dict[str, int]]) -> None:
    assert not is_refused(code_of(example[0], example[1][instruction]))


@pytest.mark.parametrize("instruction", split(MISREAD))
def test_misread(instruction: str, example: tuple[Path, dict[str, int]]) -> None:
    code = code_of(example[0], example[1][instruction])
    assert is_misread(code)
    assert not is_refused(code)
    assert not carries_probe(code)


@pytest.mark.parametrize(
    "instruction", ["push %rbx", "ret", "jne .+16", "call .+16", "vpaddd %xmm1, %xmm2, %xmm0", "nop"]
)
def test_not_misread(instruction: str, tmp_path: Path) -> None:
    path, (offset,) = assembled(tmp_path / "lib.so", [instruction])
    assert carries_probe(code_of(path, offset))


@pytest.mark.parametrize("code", [b"", b"\x66", b"\x48", b"\xc5", b"\xc5\xfd", b"\x62\xf1", b"\x66" * 15, b"\x2e"])
def test_code_that_ends_within_an_instruction_carries_no_probe(code: bytes) -> None:
    assert is_refused(code)
    assert emulated(code) is None


@pytest.mark.kernel
def test_the_kernel_refuses_what_is_called_refused_and_takes_the_rest(
    program: int, example: tuple[Path, dict[str, int]]
) -> None:
    path, offsets = example
    taken, refused = [], []
    with files.held(path) as held, links.mapped_for_execution(held):
        for instruction, offset in offsets.items():
            try:
                taken.append((instruction, kernel.link_uprobes(program, held.link, [offset], [0])))
            except OSError as error:
                refused.append((instruction, error.errno))
        with ThreadPoolExecutor(32) as closers:
            list(closers.map(kernel.close, [link for _, link in taken]))

    assert refused == [(instruction, links.ENOTSUPP) for instruction in split(REFUSED)]
