"""Machine code of x86-64 without its addresses: what it does, and what it refers to.

Instructions that refer to nothing stand as their bytes. Of those that do, the text stands, and the address apart:
where it leads is another question. Padding is left out, and a jump's length (short or near) doesn't count.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from funkqa.elf.decode import MAX_INSTRUCTION
from funkqa.elf.line import decoder
from funkqa.elf.vector import vector_instruction

RELATIVE = re.compile(r"\[rip(?: ([+-]) (0x[0-9a-f]+|\d+))?\]")
NUMBER = re.compile(r"0x[0-9a-f]{5,}")
"""In code that isn't position-independent, such a number may be an address."""

SIZES = {
    "byte ptr": 1,
    "word ptr": 2,
    "dword ptr": 4,
    "qword ptr": 8,
    "xword ptr": 10,
    "xmmword ptr": 16,
    "ymmword ptr": 32,
    "zmmword ptr": 64,
}
DIRECT = re.compile(r"\[0x[0-9a-f]+\]")
"""Memory at an address without a register, which would choose an element of a table."""

ACCESS = re.compile(r"\b(\w+ ptr) ")
UNKNOWN_SIZE = 8
SCALAR = {"comiss": 4, "vcomiss": 4, "comisd": 8, "vcomisd": 8}
"""Capstone says 16 bytes of these, which read one number ("Intel 64 and IA-32 Architectures", volume 2)."""

UNWRITTEN = frozenset(("cmp", "test", "push"))
"""What writes to memory at most, whatever its first operand."""

KEPT = frozenset(("rbx", "rbp", "r12", "r13", "r14", "r15"))
"""Registers that functions leave as they are (AMD64 supplement, chapter 3.2.1)."""

JUMPS = ("j", "call", "loop", "xbegin")


class Reference(NamedTuple):
    """An address in an instruction.

    ``size`` bytes are read or written there; 0: only the address is taken, -1: the code goes on there.
    """

    text: str
    target: int
    size: int

    @property
    def jumps(self) -> bool:
        return self.size < 0


class Decoded(NamedTuple):
    """Bytes of instructions and references in their order, and the addresses of all instructions but padding."""

    parts: tuple[bytes | Reference, ...]
    instructions: tuple[int, ...]

    @property
    def references(self) -> Iterator[Reference]:
        return (part for part in self.parts if isinstance(part, Reference))


def decode(code: bytes, start: int, fixed: range = range(0)) -> Decoded:
    """The code at an address; ``fixed`` are the addresses of an image that isn't position-independent.

    Bytes that are no instruction stand as they are.
    """
    parts: list[bytes | Reference] = []
    instructions: list[int] = []
    plain = at = 0  # plain: where the run of instructions begins that refer to nothing
    disassemble = decoder().disasm_lite
    while at < len(code):
        for vaddr, size, mnemonic, operands in disassemble(code[at:] if at else code, start + at):
            found = None
            if mnemonic != "nop" and (mnemonic != "xchg" or operands != "ax, ax"):
                instructions.append(vaddr)
                if "rip" in operands or operands[:2] == "0x" or fixed:
                    found = _reference(vaddr + size, mnemonic, operands, fixed)
                if found is None:
                    at = vaddr - start + size
                    continue
            at = vaddr - start
            if at > plain:
                parts.append(code[plain:at])
            at += size
            plain = at
            if found is not None:
                parts.append(found)
        if at < len(code):
            instructions.append(start + at)
            vector = vector_instruction(code[at : at + MAX_INSTRUCTION])
            size = vector.size if vector else 1
            if vector and vector.displacement is not None:
                text = (code[plain : at + vector.place] + code[at + vector.place + 4 : at + size]).hex()
                parts.append(Reference(text, start + at + size + vector.displacement, UNKNOWN_SIZE))
                plain = at + size
            at += size
    if len(code) > plain:
        parts.append(code[plain:])
    return Decoded(tuple(parts), tuple(instructions))


def compares(code: bytes, start: int, target: int) -> bool:
    """Whether the code takes an address of data to compare others with it, as a loop does with where it ends.

    It follows the register that holds the address from instruction to instruction, as far as that is easy.
    """
    held: tuple[str, ...] = ()
    for vaddr, size, mnemonic, operands in decoder().disasm_lite(code, start):
        first, _, second = operands.partition(", ")
        if mnemonic == "cmp" and (second == hex(target) or (held and held[0] in (first, second))):
            return True
        match = RELATIVE.search(operands) if mnemonic == "lea" else None
        if match:
            offset = int(match[2], 0) if match[2] else 0
            taken = vaddr + size + (-offset if match[1] == "-" else offset) == target
        else:
            taken = mnemonic == "mov" and second == hex(target) and first.isalnum()
        if taken:
            held = _names(first)
        elif not held:
            continue
        elif (first in held and mnemonic not in UNWRITTEN) or (mnemonic == "call" and held[0] not in KEPT):
            held = ()
    return False


def _names(register: str) -> tuple[str, str]:
    """A register, whole or its lower half, by both names: ``rbx`` and ``ebx``, ``r12`` and ``r12d``."""
    if register[1].isdigit():
        whole = register.removesuffix("d")
        return whole, f"{whole}d"
    return f"r{register[1:]}", f"e{register[1:]}"


def _reference(following: int, mnemonic: str, operands: str, fixed: range) -> Reference | None:
    """What the instruction in front of ``following`` refers to, if it does."""
    if "rip" in operands and (match := RELATIVE.search(operands)):
        offset = int(match[2], 0) if match[2] else 0
        text = f"{mnemonic} {operands[: match.start()]}[rip]{operands[match.end() :]}"
        target = following + (-offset if match[1] == "-" else offset)
        return Reference(text, target, _accessed(mnemonic, operands))
    if operands[:2] == "0x" and (mnemonic.startswith(JUMPS) or " " in mnemonic):
        return Reference(mnemonic, int(operands, 16), -1)
    if fixed:
        for number in NUMBER.finditer(operands):
            if (target := int(number[0], 16)) in fixed:
                text = f"{mnemonic} {operands[: number.start()]}@{operands[number.end() :]}"
                direct = DIRECT.search(operands)
                return Reference(text, target, _accessed(mnemonic, operands) if direct else 0)
    return None


def _accessed(mnemonic: str, operands: str) -> int:
    if mnemonic == "lea":
        return 0
    if mnemonic in SCALAR:
        return SCALAR[mnemonic]
    match = ACCESS.search(operands)
    return SIZES.get(match[1], UNKNOWN_SIZE) if match else UNKNOWN_SIZE
