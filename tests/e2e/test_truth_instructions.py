"""An instruction that carries a probe does what it does without: registers, flags and memory are the same.

The kernel emulates some instructions and steps over copies of others, elsewhere. Linux 6.18 mistakes some for
others: vpor for a jump, so that its result is lost.
"""

import subprocess
from pathlib import Path

import pytest

from tests.compiling import tool
from tests.e2e.traced import PROGRAMS, Tracer

GENERAL = """
mov %ecx, %eax; movabs $0x1122334455667788, %rax; lea 8(%rcx,%rdx), %rax; lea 16(%rip), %r9; xchg %rax, %rcx
xchg %r8, %rax; xchg %eax, %eax; xchg %r8d, %eax; xchg %ax, %cx; xchg %ecx, (%rdi); cmpxchg %ecx, (%rdi)
xadd %eax, (%rdi); push %rcx#pop %rax; push %r12#pop %rax; push $77#pop %rax; push (%rdi)#pop %rax
push %cx#pop %ax; pushf#pop %rax; data16 pushf#pop %ax; rex.W pushf#pop %rax; pushf#popf; cld; std; stc; cmc
lahf; sahf; cltq; cqto; cwtl; add %rcx, %rax; adc $5, %eax; sbb (%rdi), %rax; imul %rcx, %rdx; mul %r9; neg %rax
not %rcx; inc %eax; decl (%rdi); div %rcx; idiv %r8d; shl $3, %rax; sar %cl, %rdx; shld $5, %rcx, %rax
rol $9, %r9; bt $4, %rax; bts %rcx, %rax; bsf %rax, %rcx; tzcnt %rax, %rcx; lzcnt %rcx, %rdx; popcnt %rax, %r8
bswap %rax; crc32b %cl, %eax; movbe (%rdi), %rax; cmovs %rcx, %rax; sets %al; setne (%rdi); movzbl %cl, %eax
movslq %ecx, %rax; movsb; stosq; lodsb; scasb; cmpsb; rep stosb; nop; pause; rep nop; data16 nop; rex.WB nop
nopl (%rax); nopw 8(%rax,%rax); .byte 0x0f, 0x1f, 0x44, 0, 0; .byte 0x66, 0x0f, 0x1f, 0x44, 0, 0
.byte 0x0f, 0x1f, 0x80, 0, 0, 0, 0; endbr64; cs nopw 0(%rax,%rax); test %rax, %rax; cmp (%rdi), %al
cmpb $3, leaf(%rip); mov leaf(%rip), %eax; mov %fs:0x18, %ebx; call leaf; rex.W call leaf; bnd call leaf
call *pointer(%rip); jmp *pointer(%rip); jmp leaf; bnd jmp leaf; je leaf; jne leaf; js leaf; jg leaf
jrcxz 1f#1:; loop 1f#1:; loope 1f#1:; lea leaf(%rip), %rax#call *%rax; ret; repz ret; bnd ret; ret $0
enter $16, $0#leave; push %rbp#mov %rsp, %rbp#leave; lea leaf(%rip), %rax#jmp *%rax; notrack call *pointer(%rip)
ud2; lock incl (%rdi); lock xadd %eax, (%rdi); lock cmpxchg %ecx, (%rdi); mov 8, %eax
mov %eax, instructions(%rip); hlt; lea -8(%rsp), %rsp#lea 8(%rsp), %rsp; andn %rcx, %rax, %rdx
rorx $5, %rax, %rcx; shlx %rax, %rcx, %rdx; pext %rax, %rcx, %rdx; mulx %rax, %rcx, %r8; adcx %rax, %rcx
adox %rax, %rcx; blsr %rax, %rcx; bextr %rax, %rcx, %rdx; bzhi %rax, %rcx, %rdx
"""
VECTORS = """
movaps %xmm1, %xmm0; movups (%rdi), %xmm0; movups %xmm1, (%rdi); movq %rax, %xmm0; movd %xmm1, %eax
movdqu %xmm1, (%rdi); pxor %xmm1, %xmm0; pcmpeqb %xmm1, %xmm0; pshufd $2, %xmm1, %xmm0; pshufb %xmm1, %xmm0
por %xmm1, %xmm0; paddd %xmm1, %xmm0; cmpltps %xmm1, %xmm0; shufps $3, %xmm1, %xmm0; cvtsi2sd %rax, %xmm0
mulsd %xmm1, %xmm0; sqrtpd %xmm1, %xmm0; emms; pinsrw $3, %eax, %xmm0; pmovmskb %xmm1, %eax; aesenc %xmm1, %xmm0
sha256rnds2 %xmm0, %xmm1, %xmm2; pclmulqdq $1, %xmm1, %xmm0; vpor %ymm1, %ymm2, %ymm0; vpxor %ymm1, %ymm2, %ymm0
vpand %ymm1, %ymm2, %ymm0; vpcmpeqb %ymm1, %ymm2, %ymm0; vpcmpeqd %ymm1, %ymm2, %ymm0; vpshufd $2, %ymm1, %ymm0
vpsrldq $3, %ymm1, %ymm0; vpsllw $3, %ymm1, %ymm0; vzeroupper; vzeroall; vmovdqu (%rdi), %ymm0
vmovdqu %ymm1, (%rdi); vmovd %eax, %xmm0; vmovd %xmm1, %eax; vmovq %xmm1, (%rdi); vmovaps %ymm1, %ymm0
vcmpltps %ymm1, %ymm2, %ymm0; vpinsrw $3, %eax, %xmm1, %xmm0; vpextrw $3, %xmm1, %eax
vshufps $3, %ymm1, %ymm2, %ymm0; vpsubsb %ymm1, %ymm2, %ymm0; vpsubsw %ymm1, %ymm2, %ymm0
vpminsw %ymm1, %ymm2, %ymm0; vpaddsb %ymm1, %ymm2, %ymm0; vpaddd %ymm1, %ymm2, %ymm0
vpunpckldq %ymm1, %ymm2, %ymm0; vaddpd %ymm1, %ymm2, %ymm0; vxorps %ymm1, %ymm2, %ymm0
vandps %ymm1, %ymm2, %ymm0; vsqrtps %ymm1, %ymm0; vrcpps %ymm1, %ymm0; vpbroadcastb %xmm1, %ymm0
vpbroadcastd %xmm1, %ymm0; vpermd %ymm1, %ymm2, %ymm0; vpshufb %ymm1, %ymm2, %ymm0
vpalignr $3, %ymm1, %ymm2, %ymm0; vfmadd132sd %xmm1, %xmm2, %xmm0; vfmsub132ps %ymm1, %ymm2, %ymm0
vfnmadd132sd %xmm1, %xmm2, %xmm0; vfmadd231pd %ymm1, %ymm2, %ymm0; vfnmsub132ps %ymm1, %ymm2, %ymm0
vfmaddsub132ps %ymm1, %ymm2, %ymm0; vfmadd213ss %xmm1, %xmm2, %xmm0; vaesenc %xmm1, %xmm2, %xmm0
vmaskmovps %ymm1, %ymm2, (%rdi); vextracti128 $1, %ymm1, %xmm0; vinserti128 $1, %xmm1, %ymm2, %ymm0
vpmovmskb %ymm1, %eax; vmovups 16(%rip), %xmm0; vpor leaf(%rip), %xmm1, %xmm0; vpaddd leaf(%rip), %xmm1, %xmm0
vucomisd %xmm1, %xmm0; vldmxcsr csr(%rip); vpbroadcastb %eax, %ymm0; vpbroadcastq %rax, %ymm0
vpbroadcastd %ecx, %xmm1; vpternlogd $9, %ymm1, %ymm2, %ymm0; vporq %ymm1, %ymm2, %ymm0; vmovdqu8 %ymm1, (%rdi)
vmovdqu64 %ymm1, %ymm0; vpermi2b %ymm1, %ymm2, %ymm0; vpermt2d %ymm1, %ymm2, %ymm0; vpcompressb %ymm1, %ymm0
vpshldd $3, %ymm1, %ymm2, %ymm0; vpshldvq %ymm1, %ymm2, %ymm0; vpdpbusd %ymm1, %ymm2, %ymm0
vprold $3, %ymm1, %ymm0; vpsraq $3, %ymm1, %ymm0; vcvtps2udq %ymm1, %ymm0; vpminsq %ymm1, %ymm2, %ymm0
vgetexpps %ymm1, %ymm0; kmovw %eax, %k1#kmovw %k1, %ecx; kmovq %rax, %k2#kmovq %k2, %rcx
kmovw (%rdi), %k1#kmovw %k1, %ecx; kxorw %k1, %k1, %k1; vpcmpeqb %ymm1, %ymm2, %k1#kmovd %k1, %eax
vptestmb %ymm1, %ymm2, %k1#kmovd %k1, %eax; vpmovb2m %ymm1, %k1#kmovd %k1, %eax
"""
RUN = """\
.text
.globl run
run:
push %rbx
push %rbp
push %r12
push %r13
push %r14
push %r15
mov %rdi, saved(%rip)
mov %rsi, function(%rip)
mov %rdx, avx(%rip)
mov %rdi, %rbp
test %rdx, %rdx
je 1f
vmovups 200(%rbp), %ymm0
vmovups 232(%rbp), %ymm1
vmovups 264(%rbp), %ymm2
vmovups 296(%rbp), %ymm3
1: lea 160(%rbp), %rdi
lea 176(%rbp), %rsi
mov (%rbp), %rax
mov 8(%rbp), %rbx
mov $5, %ecx
mov 16(%rbp), %rdx
mov 24(%rbp), %r8
mov 32(%rbp), %r9
mov 40(%rbp), %r10
mov 48(%rbp), %r11
mov 56(%rbp), %r12
xor %ebp, %ebp
call *function(%rip)
pushf
cld
mov saved(%rip), %rbp
pop 128(%rbp)
mov %rax, (%rbp)
mov %rbx, 8(%rbp)
mov %rcx, 64(%rbp)
mov %rdx, 16(%rbp)
mov %r8, 24(%rbp)
mov %r10, 40(%rbp)
mov %r12, 56(%rbp)
cmpq $0, avx(%rip)
je 1f
vmovups %ymm0, 200(%rbp)
vmovups %ymm1, 232(%rbp)
vmovups %ymm2, 264(%rbp)
vmovups %ymm3, 296(%rbp)
1: pop %r15
pop %r14
pop %r13
pop %r12
pop %rbp
pop %rbx
ret
.balign 32
leaf: mov $7, %r10d
ret
.space 64
.data
pointer: .quad leaf
csr: .long 0x1f80
saved: .quad 0
function: .quad 0
avx: .quad 0
"""
SKIPPED = {"hlt", "notrack call *pointer(%rip)"}
"""Neither they nor what comes behind them can carry a probe; nor AVX-512 that the disassembler doesn't know."""


def split(instructions: str) -> list[str]:
    return [one.strip() for line in instructions.splitlines() for one in line.split(";") if one.strip()]


def assembled(instructions: list[str]) -> str:
    """A function for each instruction, and the table of them. "#" separates instructions of one function."""
    text, table = ".text\n", ".section .data.rel.ro\n.globl instructions\n.balign 32\ninstructions:\n"
    names = ".section .rodata\n"
    for number, instruction in enumerate(instructions):
        name, body = f"instruction_{number}", instruction.replace("#", "\n")
        text += f".balign 32\n.type {name}, @function\n{name}: {body}\nret\n.size {name}, .-{name}\n"
        table += f".quad text_{number}, {name}\n"
        names += f'text_{number}: .string "{instruction}"\n'
    return f'{RUN}{text}{table}.quad 0, 0\n{names}.section .note.GNU-stack,"",@progbits\n'


@pytest.mark.parametrize("instructions", [GENERAL, VECTORS], ids=["general", "vectors"])
def test_a_probed_instruction_does_what_it_does_without(tmp_path: Path, cache: Path, instructions: str) -> None:
    source, program, known = tmp_path / "instructions.s", tmp_path / "program", split(instructions)
    source.write_text(assembled(known))
    tool("gcc", "-O1", "-no-pie", "-o", str(program), str(PROGRAMS / "registers.c"), str(source))
    plain = subprocess.run([program], capture_output=True, check=True).stdout.decode()
    assert plain == subprocess.run([program], capture_output=True, check=True).stdout.decode()
    found = Tracer(tmp_path, cache)([program], program)
    assert found.stdout.decode().splitlines() == plain.splitlines()
    every = {f"instruction_{number}" for number in range(len(known))}
    assert {name for name in found.names() if name.startswith("instruction_")} == every - {*found.skipped}
    skipped = {known[int(name.rpartition("_")[2])] for name in found.skipped}
    assert all(text in SKIPPED or text.startswith("v") for text in skipped), skipped
    assert len(skipped) < 12
