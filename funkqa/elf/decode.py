"""What the kernel does with a uprobe on an x86-64 instruction: emulate it, step over it, refuse it, or misread it.

Source: ``arch/x86/kernel/uprobes.c`` of Linux (``branch_setup_xol_ops``, ``push_setup_xol_ops``,
``is_prefix_bad``, ``good_insns_64``). One hit of an emulated instruction takes about 0.5 microseconds; any
other is executed out of line under the single-step trap, which takes several times as long.
"""

from enum import Enum


class Emulated(Enum):
    """Instructions that the kernel emulates, as far as placement looks for them."""

    PUSH = "push"
    NOP = "nop"
    JUMP = "jump"
    BRANCH = "conditional branch"
    CALL = "call"


BAD_PREFIXES = frozenset((0xF0, 0x26, 0x2E, 0x36, 0x3E))
"""lock, and the segment overrides that mean nothing in 64-bit mode (3e is also notrack)."""

OPERAND_SIZE = 0x66
OTHER_PREFIXES = frozenset((0x64, 0x65, OPERAND_SIZE, 0x67, 0xF2, 0xF3))
VECTOR_PREFIXES = {0xC5: 2, 0xC4: 3, 0x62: 4}
"""Bytes of a VEX or EVEX prefix, by its first byte."""

MAX_INSTRUCTION = 15

REFUSED = frozenset(
    bytes.fromhex("06070e16171e1f272f373f6061626c6d6e6f829acccdcecfd4d5d6e4e5e6e7eaecedeeeff1f4fafb")
)
"""One-byte opcodes that are invalid, privileged, or raise an exception.

The kernel looks vector instructions up in the same table: it refuses vpxor, whose opcode is that of out (ef).
"""

MISREAD = frozenset((*range(0x70, 0x80), 0x90, 0x9D, 0xC2, 0xC3, 0xCA, 0xCB, 0xE8, 0xE9, 0xEB, 0xFF))
"""Opcodes of vector instructions that the kernel takes for jcc, nop, popf, ret, call and jmp.

It looks them up without their VEX or EVEX prefix, so that vpor is a jump (eb) that is emulated, and its result is
lost (tried with Linux 6.18): ``branch_setup_xol_ops`` and ``arch_uprobe_analyze_insn``.
"""

ENDBR64 = bytes.fromhex("f30f1efa")
NOP5 = bytes.fromhex("0f1f440000")
NOP, PUSHF = 0x90, 0x9C
REX, REX_B = range(0x40, 0x50), 0x41


def is_refused(code: bytes) -> bool:
    """Whether the kernel refuses a uprobe on the instruction that ``code`` begins with."""
    narrow = False
    for position, byte in enumerate(code[:MAX_INSTRUCTION]):
        if byte in BAD_PREFIXES:
            return True
        if byte in OTHER_PREFIXES:
            narrow |= byte == OPERAND_SIZE
            continue
        opcode = code[position + (1 if byte in REX else VECTOR_PREFIXES.get(byte, 0)) :]
        # What a branch with an operand size prefix means depends on the processor.
        return not opcode or opcode[0] in REFUSED or (narrow and _is_branch(opcode))
    return True


def is_misread(code: bytes) -> bool:
    """Whether the kernel takes the instruction that ``code`` begins with for another, and breaks the program."""
    for position, byte in enumerate(code[:MAX_INSTRUCTION]):
        if byte in OTHER_PREFIXES:
            continue
        following = code[position + VECTOR_PREFIXES.get(byte, 1) :][:1]
        if byte in VECTOR_PREFIXES:
            return following[0] in MISREAD if following else True
        if byte in REX:
            return following == bytes((PUSHF,)) or (byte & 1 == 1 and following == bytes((NOP,)))  # xchg r8, rax
        return byte == PUSHF  # it would push the trap flag, by which the kernel steps over it
    return False


def carries_probe(code: bytes) -> bool:
    """Whether a probe can sit on the instruction that ``code`` begins with, and the program goes on as without."""
    return not is_refused(code) and not is_misread(code)


def _is_branch(opcode: bytes) -> bool:
    first, second = opcode[0], opcode[1] if len(opcode) > 1 else 0
    return first in (0xE8, 0xE9, 0xEB) or 0x70 <= first <= 0x7F or (first == 0x0F and 0x80 <= second <= 0x8F)


def emulated(code: bytes) -> Emulated | None:
    """How the kernel emulates the instruction that ``code`` begins with, or None if it doesn't."""
    if not code:
        return None
    opcode = code[0]
    second = code[1] if len(code) > 1 else 0
    if 0x50 <= opcode <= 0x57 or (opcode == REX_B and 0x50 <= second <= 0x57):
        return Emulated.PUSH
    if opcode == 0x90 or code.startswith(NOP5):
        return Emulated.NOP
    if opcode in (0xEB, 0xE9):
        return Emulated.JUMP
    if 0x70 <= opcode <= 0x7F or (opcode == 0x0F and 0x80 <= second <= 0x8F):
        return Emulated.BRANCH
    return Emulated.CALL if opcode == 0xE8 else None
