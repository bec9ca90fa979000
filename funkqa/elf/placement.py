"""Where a function's probe sits: on the first instruction that the kernel emulates, if entering reaches it.

From the entry the code is followed in a straight line. Whatever lies on it runs whenever the function is
entered, so a hit there proves the entry, and every entry hits it. The line ends where that stops being
true: at a branch, a return, a system call, an instruction that may fault, another symbol, the function's end.
If nothing on the line is emulated, the probe sits on the entry.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from functools import cache
from typing import Any, NamedTuple

from funkqa.elf.decode import ENDBR64, MAX_INSTRUCTION, emulated, is_refused
from funkqa.model.plan import Function, Standing
from funkqa.model.units import Vaddr

MAX_LINE = 32
"""Instructions that are followed at most."""

WINDOW = MAX_LINE * MAX_INSTRUCTION
"""Bytes of code that placement looks at, from the entry."""

STOPS = re.compile(
    r"(?:.* )?(?:j\w+|loop\w*|ret\w*|iret\w*|call|lcall|syscall|sysenter|sysexit|sysret|int\d?|into|ud\d\w*|hlt"
    r"|idiv|div|in|ins\w|out\w*|cli|sti|xlatb|xbegin|xabort|enter|wrmsr|rdmsr|rdpmc|v?maskmov\w*|monitor\w*|mwait\w*)$"
)
"""Mnemonics that end the line: control may not come to the next instruction."""

SAFE_MEMORY = re.compile(r"(?:fs:)?\[(?:(?:rsp|rbp|rip)(?: [+-] (?:0x)?[0-9a-f]+)?|(?:0x)?[0-9a-f]+)\]")
"""Memory that is there whatever the arguments are: the stack, the image's own data, thread-local storage."""

NO_ACCESS = ("lea", "nop")
"""Mnemonics whose memory operand isn't read or written."""


class PlacedOn(Enum):
    """Why a probe sits where it sits."""

    EMULATED = "the first instruction on the straight line that the kernel emulates"
    ENTRY = "the entry: no instruction on the straight line is emulated"
    BEYOND_REFUSED = "the first instruction that the kernel takes: it refuses the entry's"


class Placement(NamedTuple):
    """A place for a probe. ``end`` says what ended the straight line if it ended before a good place."""

    vaddr: Vaddr
    placed_on: PlacedOn
    end: str


class Instruction(NamedTuple):
    """One decoded instruction in Intel syntax."""

    vaddr: int
    code: bytes
    mnemonic: str
    operands: str


def place_probes(
    functions: Sequence[Function], starts: Sequence[Vaddr], machine: str, read: Callable[[int, int], bytes]
) -> Iterator[tuple[int, Placement | None]]:
    """The place of each PROBED function's probe, by the function's index; None if there is none.

    ``starts`` are the addresses of all symbols, sorted: no straight line runs over one. ``read`` gives bytes of
    the file, by offset and length. Architectures other than x86-64 get the entry.
    """
    for index, function in enumerate(functions):
        if function.standing is not Standing.PROBED:
            continue
        if machine != "x86_64":
            yield index, Placement(function.vaddr, PlacedOn.ENTRY, f"funkqa doesn't decode {machine}")
            continue
        following = bisect_right(starts, function.vaddr)
        end = starts[following] if following < len(starts) else function.vaddr + WINDOW
        length = min(end - function.vaddr, function.size or WINDOW, WINDOW)
        yield index, place_probe(read(function.offset, length), function.vaddr)


def place_probe(code: bytes, entry: Vaddr) -> Placement | None:
    """The best place in the function whose code, up to its end or WINDOW bytes, is ``code``; None: no place."""
    start = len(ENDBR64) if code.startswith(ENDBR64) else 0
    first = emulated(code[start : start + MAX_INSTRUCTION])
    if first is not None:  # most functions: no need to decode
        return Placement(Vaddr(entry + start), PlacedOn.EMULATED, "")
    end = ""
    for instruction in straight_line(code, entry):
        if emulated(instruction.code) is not None:
            return Placement(Vaddr(instruction.vaddr), PlacedOn.EMULATED, "")
        end = _reason_to_stop(instruction)
        if end:
            break
    if not is_refused(code):
        return Placement(entry, PlacedOn.ENTRY, end or "the function ends before one")
    return _beyond_refused(code, entry)


def straight_line(code: bytes, entry: Vaddr) -> Iterator[Instruction]:
    """The instructions from the entry on, as they lie in the file."""
    for vaddr, size, mnemonic, operands in _decoder().disasm_lite(code[:WINDOW], entry, MAX_LINE):
        yield Instruction(vaddr, code[vaddr - entry : vaddr - entry + size], mnemonic, operands)


def _reason_to_stop(instruction: Instruction) -> str:
    """Why the line ends at this instruction, or an empty string."""
    if STOPS.match(instruction.mnemonic):
        return f"{instruction.mnemonic} leaves the straight line"
    if "[" in instruction.operands and instruction.mnemonic not in NO_ACCESS:
        remaining = SAFE_MEMORY.sub("", instruction.operands)
        if "[" in remaining or "gs:" in remaining:
            return f"{instruction.mnemonic} {instruction.operands} may fault"
    return ""


def _beyond_refused(code: bytes, entry: Vaddr) -> Placement | None:
    """A place behind a refused first instruction (``lock xadd``): right unless that instruction faults."""
    line = straight_line(code, entry)
    first = next(line, None)
    if first is None or STOPS.match(first.mnemonic):
        return None
    for instruction in line:
        if not is_refused(instruction.code):
            return Placement(Vaddr(instruction.vaddr), PlacedOn.BEYOND_REFUSED, "")
        if STOPS.match(instruction.mnemonic):
            return None
    return None


@cache
def _decoder() -> Any:
    import capstone

    return capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
