"""The straight line: what runs whenever a function is entered, instruction by instruction (x86-64).

Only instructions that are known to come to the next one are on it, on any processor and whatever the arguments
are. The rest ends it: branches, system calls, memory that may not be there, arithmetic that may raise SIGFPE
(after feenableexcept(3), floating point too), extensions that a processor may lack, privileged registers.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from funkqa.elf.decode import MAX_INSTRUCTION

MAX_LINE = 32
"""Instructions that are followed at most."""

STRIDES = (2, 6, MAX_LINE - 8)
"""How many of them are decoded at a time: most lines end at the first or second."""

WINDOW = MAX_LINE * MAX_INSTRUCTION
"""Bytes of code that placement looks at, from the entry."""

GENERAL = re.compile(
    r"(?:mov|movabs|movzx|movsxd?|lea|xchg|bswap|cmov\w+|set\w+|cdqe|cwde|cbw|cdq|cqo|cwd|push|pop|add|adc|sub|sbb"
    r"|inc|dec|neg|not|and|or|xor|cmp|test|i?mul|sa[lr]|sh[lr]d?|ro[lr]|rc[lr]|bt[src]?|bs[fr]|[lt]zcnt|clc|stc|cmc"
    r"|cld|std|nop|endbr64|pause)$"
)
UNALIGNED_MOVE = re.compile(r"(?:movs[sd]|mov[dq]|mov[lh]p[sd]|movup[sd]|movdqu)$")
PACKED = re.compile(
    r"(?:movap[sd]|movdqa|mov(?:lh|hl)ps|movmskp[sd]|pmovmskb|(?:xor|or|andn?|unpck[lh]|shuf)p[sd]"
    r"|p(?:x?or|andn?|(?:add|sub)u?s?[bwdq]|cmp(?:eq|gt)[bwd]|unpck[lh]\w+|shuf(?:d|[lh]w)|s[lr]l(?:w|d|q|dq)|sra[wd]"
    r"|ackuswb|ackss(?:wb|dw)|mul(?:l|h)w|muludq|(?:max|min)(?:ub|sw)))$"
)
"""SSE2, which every processor has. With an operand in memory, they ask for its alignment."""

SPECIAL_REGISTER = re.compile(r"\b(?:[cd]r\d+|mm\d|[c-gs]s)\b(?!:)")
"""Control, debug and segment registers, and those of the x87 unit, which raises exceptions late."""

STACK_MOVES = re.compile(r"(?:add|sub) rsp, (?:0x)?[0-9a-f]{1,4}|and rsp, 0xf+[0-9a-f]{4}")
STACK_POINTER = re.compile(r"(?:\w+ r?e?spl?\b|xchg .*\br?e?spl?$)")
COMPARES = ("cmp ", "test ")

SAFE_MEMORY = re.compile(
    r"(?<!:)\[(?:rsp(?: [+-] (?:0x)?[0-9a-f]{1,4})?|rip(?: [+-] (?:0x)?[0-9a-f]+)?)\]"
    r"|fs:\[(?:0x)?(?:[0-9a-f]{1,4}|f{8}[0-9a-f]{8})\]"
)
"""Memory that is there whatever the arguments are: the stack nearby, the image's data, thread-local storage."""

STORE_TO_IMAGE = re.compile(r"[^,]*\[rip\b")
ONLY_READS = ("cmp", "test")
"""What the image maps for writing isn't known here: storing to a constant is a fault."""

NO_ACCESS = ("lea", "nop")
"""Mnemonics whose memory operand isn't read or written."""

BIT_STRINGS = ("bt", "bts", "btr", "btc")
"""Their register operand may lead anywhere."""


COMES_TO_NEXT = re.compile(r"(?:xacquire |xrelease )?lock |[vk]|pushf")
"""Atomic and vector instructions and pushf: they can't carry a probe, but come to the next unless they fault."""


class Instruction(NamedTuple):
    """One decoded instruction in Intel syntax."""

    vaddr: int
    code: bytes
    mnemonic: str
    operands: str

    @property
    def text(self) -> str:
        return f"{self.mnemonic} {self.operands}".strip()


def straight_line(code: bytes, entry: int) -> Iterator[Instruction]:
    """The instructions from the entry on, as they lie in the file."""
    at = 0
    for count in STRIDES:
        before = at
        for vaddr, size, mnemonic, operands in decoder().disasm_lite(code[at:WINDOW], entry + at, count):
            at = vaddr - entry + size
            yield Instruction(vaddr, code[vaddr - entry : at], mnemonic, operands)
        if at == before:
            return


def reason_to_stop(instruction: Instruction) -> str:
    """Why the line ends at this instruction, or an empty string."""
    mnemonic, operands, text = instruction.mnemonic, instruction.operands, instruction.text
    packed = PACKED.match(mnemonic)
    if not (packed or GENERAL.match(mnemonic) or UNALIGNED_MOVE.match(mnemonic)):
        return f"{mnemonic} leaves the straight line, or may"
    if SPECIAL_REGISTER.search(operands):
        return f"{text} may fault"
    if "[" in operands and mnemonic not in NO_ACCESS:
        remaining = SAFE_MEMORY.sub("", operands)
        stores = STORE_TO_IMAGE.match(operands) and mnemonic not in ONLY_READS
        if packed or stores or "[" in remaining or "gs:" in remaining or mnemonic in BIT_STRINGS:
            return f"{text} may fault"
    if STACK_POINTER.match(text) and not (STACK_MOVES.fullmatch(text) or text.startswith(COMPARES)):
        return f"{text} moves the stack"
    return ""


def comes_to_next(instruction: Instruction) -> bool:
    """Whether the next instruction runs after this one, unless this one faults."""
    return bool(COMES_TO_NEXT.match(instruction.mnemonic)) or not reason_to_stop(instruction)


def uses_stack(instruction: Instruction) -> bool:
    """Whether something may lie below the stack pointer behind this instruction."""
    return "rsp" in instruction.operands or instruction.mnemonic in ("push", "pop")


@cache
def decoder() -> Any:
    import capstone

    return capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
