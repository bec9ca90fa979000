"""References in machine code, against what objdump says of the same code."""

import re
from pathlib import Path

import pytest

from funkqa.elf.operands import Reference, decode
from funkqa.elf.vector import vector_instruction
from tests.compiling import shared, tool

BASE = 0x1000

VECTORS = """
    vbroadcasti128 data(%rip), %ymm0
    vpaddd data(%rip), %xmm1, %xmm2
    vpblendd $3, data(%rip), %ymm1, %ymm2
    vpshufd $27, data(%rip), %ymm3
    vpternlogd $150, data(%rip), %zmm1, %zmm2
    vmovdqu64 data(%rip), %zmm31
    vpaddq (%rdi), %ymm1, %ymm2
    vpaddq 8(%rdi,%rsi,4), %ymm1, %ymm2
    vpaddq 4096(%rsp), %ymm1, %ymm2
    vpaddq 64(,%rsi,8), %ymm1, %ymm2
    vpaddq %ymm0, %ymm1, %ymm2
    vpmadd52luq 64(%rdi), %zmm1, %zmm2
    vpcompressb %zmm1, data(%rip)
    vgf2p8affineqb $7, data(%rip), %zmm1, %zmm2
    vcmpps $1, data(%rip), %ymm1, %ymm2
    vpsrldq $4, %ymm1, %ymm2
    vaesenc data(%rip), %zmm1, %zmm2
    vzeroupper
"""

POINTERS = {"BYTE": 1, "WORD": 2, "DWORD": 4, "QWORD": 8, "TBYTE": 10, "XMMWORD": 16, "YMMWORD": 32}
READS = """
    xmm0,@: comisd ucomisd addsd subsd mulsd divsd sqrtsd minsd maxsd cvtsd2ss movsd cmpltsd comiss ucomiss
    xmm0,@: addss subss mulss divss sqrtss minss maxss cvtss2sd movss cmpltss rcpss rsqrtss cvtps2pd cvtdq2pd
    xmm0,@: movddup movhps movlps movhpd movlpd movq movd movshdup movsldup pmovzxbw pmovzxbd pmovzxbq
    xmm0,@: pmovzxwd pmovzxwq pmovzxdq pmovsxbw pmovsxbd pmovsxbq pmovsxwd pmovsxwq pmovsxdq punpcklbw
    xmm0,@: punpckldq unpcklps cvtpd2ps cvtps2dq movaps movups movdqa pshufb pcmpeqb ptest vcomisd vucomisd
    xmm0,@: vcomiss vucomiss vcvtps2pd vcvtdq2pd vmovddup vmovsd vmovss vmovq vmovd vpmovzxbw vpmovzxbd
    xmm0,@: vpmovzxbq vpmovzxwd vbroadcastss vpbroadcastb vpbroadcastw vpbroadcastd vpbroadcastq vcvtph2ps
    xmm0,@: cvtpi2ps cvtpi2pd vtestps
    eax,@: cvtsd2si cvtss2si adcx vcvtsd2si vcvttss2si
    rax,@: cvttsd2si cvttss2si vcvttsd2si vcvttss2si
    xmm0,@,1: roundsd roundss insertps pinsrb pinsrw pinsrd pinsrq pshufd roundpd dppd palignr pcmpistri
    xmm0,@,1: aeskeygenassist sha1rnds4
    xmm0,xmm1,@: vaddsd vaddss vmulsd vsqrtsd vcvtsd2ss vcvtss2sd vfmadd213sd vfmadd213ss vfmadd231ps vmovhps
    xmm0,xmm1,@: vmovlps vpshufb vmaskmovps vcmpltsd vminsd vmaxss
    xmm0,xmm1,dword ptr @: vcvtsi2sd
    ymm0,@: vbroadcastsd vbroadcastf128 vpmovzxbw vpmovzxbd vpmovzxbq vcvtps2pd vcvtdq2pd vmovddup vmovdqa
    ymm0,@: vpbroadcastb vpbroadcastd vcvtph2ps
    ymm0,ymm1,@,1: vinsertf128 vinserti128
    ymm0,ymm1,@: vpsrlq
    xmm0,dword ptr @: cvtsi2sd
    xmm0,qword ptr @: cvtsi2sd
    qword ptr @: fld
    tbyte ptr @: fld fstp
    dword ptr @: fld
    @: fldcw ldmxcsr cmpxchg16b prefetcht0
    word ptr @: fild
    eax,byte ptr @: movzx crc32
    eax,word ptr @: movzx
    rax,dword ptr @: movsxd
    byte ptr @,1: cmp
    xmm0,xmm1,@,xmm2: vfmaddsd
    rax,rbx,@: mulx
    xadd @,eax: lock
    mm0,@: pavgb cvttps2pi
    xmm0,@,0: pclmulqdq
    ymm0,@,1: vpermq
    @,eax: movnti
    xmm0,xmm1,@,1: vroundsd vroundss vinsertps
"""
"""Instructions by their operands, where ``@`` is in memory."""


def listing(path: Path, function: str, *options: str) -> list[tuple[int, bytes, str]]:
    """Address, bytes and text of the instructions of a function, by objdump."""
    found = []
    for line in tool("objdump", "-d", "-w", *options, f"--disassemble={function}", str(path)).splitlines():
        if match := re.match(r" +([0-9a-f]+):\t([0-9a-f ]+)\t(.*)", line):
            found.append((int(match[1], 16), bytes.fromhex(match[2]), match[3]))
    return found


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[int, bytes, str]]:
    source = (
        f'__asm__(".globl run\\nrun:\\n" {_lines(VECTORS)} "ret\\n.type run, @function\\n.size run, .-run\\n");'
    )
    text = f'static __attribute__((used)) char data[256] __asm__("data");\n{source}'
    return listing(shared(tmp_path_factory.mktemp("vectors") / "vectors.so", text), "run")


def _lines(text: str) -> str:
    return " ".join(f'"{line.strip()}\\n"' for line in text.strip().splitlines())


def test_the_size_and_the_operand_of_vector_instructions_are_those_of_objdump(
    vectors: list[tuple[int, bytes, str]],
) -> None:
    assert len(vectors) == len(VECTORS.strip().splitlines()) + 1
    for address, code, text in vectors[:-2]:
        found = vector_instruction(code + b"\xcc" * 15)
        assert found is not None, text
        assert found.size == len(code), text
        target = re.search(r"# ([0-9a-f]+)", text)
        if target:
            assert found.displacement is not None, text
            assert address + len(code) + found.displacement == int(target[1], 16), text
        else:
            assert found.displacement is None, text


def test_vector_instructions_are_references_whether_the_decoder_knows_them_or_not(
    vectors: list[tuple[int, bytes, str]],
) -> None:
    start = vectors[0][0]
    decoded = decode(b"".join(code for _, code, _ in vectors), start)
    targets = [int(match[1], 16) for *_, text in vectors if (match := re.search(r"# ([0-9a-f]+)", text))]
    assert [reference.target for reference in decoded.references] == targets
    assert list(decoded.instructions) == [address for address, *_ in vectors]


@pytest.mark.parametrize(
    ("code", "target", "size"),
    [
        ("e8fbffffff", BASE, -1),
        ("eb02", BASE + 4, -1),
        ("0f8500010000", BASE + 0x106, -1),
        ("f2e900000000", BASE + 6, -1),
        ("488d05feffffff", BASE + 5, 0),
        ("488b0500010000", BASE + 0x107, 8),
        ("803d0001000000", BASE + 0x107, 1),
        ("660f6f0510000000", BASE + 0x18, 16),
        ("ff1510000000", BASE + 0x16, 8),
    ],
)
def test_jumps_calls_and_memory_are_references(code: str, target: int, size: int) -> None:
    (reference,) = decode(bytes.fromhex(code), BASE).parts
    assert isinstance(reference, Reference)
    assert (reference.target, reference.size) == (target, size)
    assert f"{target:x}" not in reference.text


def test_code_without_references_stands_as_it_is() -> None:
    code = bytes.fromhex("4889f805a0860100c3")
    assert decode(code, BASE).parts == (code,)


def test_padding_is_left_out_and_short_jumps_read_like_near_ones() -> None:
    short = decode(bytes.fromhex("74030f1f00c3"), BASE)
    near = decode(bytes.fromhex("0f8400000000c3"), BASE)
    assert [part.text if isinstance(part, Reference) else part for part in short.parts] == ["je", b"\xc3"]
    assert [part.text if isinstance(part, Reference) else part for part in near.parts] == ["je", b"\xc3"]
    assert len(short.instructions) == len(near.instructions) == 2


def test_bytes_that_are_no_code_stand_as_they_are() -> None:
    code = bytes.fromhex("0606c306")
    assert b"".join(part for part in decode(code, BASE).parts if isinstance(part, bytes)) == code


def test_numbers_are_addresses_only_where_code_is_not_position_independent() -> None:
    code = bytes.fromhex("bf00204000")  # mov edi, 0x402000
    assert decode(code, BASE).parts == (code,)
    (reference,) = decode(code, BASE, range(0x400000, 0x410000)).parts
    assert reference == Reference("mov edi, @", 0x402000, 0)


def test_as_many_bytes_are_read_as_objdump_says(tmp_path: Path) -> None:
    """Too many would be those of the constant behind, which is another one in another build."""
    groups = (line.strip().partition(": ") for line in READS.strip().splitlines())
    lines = "\n".join(
        f"{name} {operands.replace('@', '[rip + 16]')}" for operands, _, names in groups for name in names.split()
    )
    assembly = f".intel_syntax noprefix\n.globl run\n.type run, @function\nrun:\n{lines}\n.size run, .-run\n"
    found = listing(shared(tmp_path / "reads.so", assembly, name="reads.s"), "run", "-M", "intel")
    assert len(found) == len(lines.splitlines())
    for address, code, text in found:
        (reference,) = decode(code, address).references
        told = re.search(r"(\w+) PTR \[rip", text)
        if told and told[1] in POINTERS:
            assert reference.size == POINTERS[told[1]], text
