"""Where a function's probe sits: on the first instruction that the kernel emulates, if entering reaches it.

From the entry the code is followed in a straight line. Whatever lies on it runs whenever the function is
entered, so a hit there proves the entry, and every entry hits it. The line ends where that stops being
true: at a branch, a return, a system call, an instruction that may fault, another symbol, the function's end, a
place where a jump from outside lands. If nothing on the line is emulated, the probe sits on the entry.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cache
from typing import Any, NamedTuple

from funkqa.elf.decode import ENDBR64, MAX_INSTRUCTION, emulated, is_refused
from funkqa.elf.jumps import Stretch, landings
from funkqa.model.plan import Function, Standing
from funkqa.model.units import Vaddr

MAX_LINE = 32
"""Instructions that are followed at most."""

WINDOW = MAX_LINE * MAX_INSTRUCTION
"""Bytes of code that placement looks at, from the entry."""

STOPS = re.compile(
    r"(?:.* )?(?:j\w+|loop\w*|ret\w*|iret\w*|call|lcall|syscall|sysenter|sysexit|sysret|int\d?|into|ud\d\w*|hlt"
    r"|idiv|div|in|ins\w|out\w*|cli|sti|xlatb|xbegin|xabort|enter|wrmsr|rdmsr|rdpmc|v?maskmov\w*|monitor\w*|mwait\w*"
    r"|f\w+|v?(?:add|sub|mul|div|sqrt|max|min|u?comi|cmp\w*|round|h\w+|dp)[sp][sd]|v?cvt\w+|vfn?m\w+)$"
)
"""Mnemonics that end the line: control may not come to the next instruction.

Floating-point arithmetic is among them: after feenableexcept(3) it raises SIGFPE.
"""

SAFE_MEMORY = re.compile(r"(?<!:)\[(?:rsp|rbp|rip)(?: [+-] (?:0x)?[0-9a-f]+)?\]|fs:\[(?:0x)?[0-9a-f]+\]")
"""Memory that is there whatever the arguments are: the stack, the image's own data, thread-local storage."""

ALIGNED = re.compile(r"v?mov(?:ap[sd]|dqa\d*|nt\w+)$")
"""Mnemonics whose memory operand must be aligned: a misaligned stack is a fault."""

STORE_TO_IMAGE = re.compile(r"[^,]*\[rip\b")
ONLY_READS = ("cmp", "test", "bt")
"""What the image maps for writing isn't known here: storing to a constant is a fault."""

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
    probed = [(index, each) for index, each in enumerate(functions) if each.standing is Standing.PROBED]
    if machine != "x86_64":
        for index, function in probed:
            yield index, Placement(function.vaddr, PlacedOn.ENTRY, f"funkqa doesn't decode {machine}")
        return
    placed = []
    for index, function in probed:
        following = bisect_right(starts, function.vaddr)
        end = starts[following] if following < len(starts) else function.vaddr + WINDOW
        code = read(function.offset, min(end - function.vaddr, function.size or WINDOW, WINDOW))
        placed.append((index, function, code, place_probe(code, function.vaddr)))
    moved = _landings([(function, place) for _, function, _, place in placed if place], starts, read)
    for index, function, code, place in placed:
        landing = moved.get(function.vaddr)
        if landing is not None:
            place = place_probe(code[: landing - function.vaddr], function.vaddr)
        yield index, place


def _landings(
    placed: Sequence[tuple[Function, Placement]], starts: Sequence[Vaddr], read: Callable[[int, int], bytes]
) -> Mapping[Vaddr, Vaddr]:
    """Where jumps from outside land between a function's entry and its probe, by the entry."""
    found: dict[Vaddr, Vaddr] = {}
    segments: dict[int, list[Stretch]] = defaultdict(list)
    for function, place in placed:
        end = Vaddr(function.vaddr + max(function.size, place.vaddr - function.vaddr + 1))
        segments[function.vaddr - function.offset].append(Stretch(function.vaddr, place.vaddr, end))
    for shift, stretches in segments.items():
        base = Vaddr(stretches[0].entry)
        end = max(stretch.end for stretch in stretches)
        behind = [stretch for stretch in stretches if stretch.last > stretch.entry]
        if behind:
            found |= landings(read(base - shift, end - base), base, behind, starts, _instruction_addresses)
    return found


def _instruction_addresses(code: bytes, start: int) -> Iterator[int]:
    return (vaddr for vaddr, _, _, _ in _decoder().disasm_lite(code, start))


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
        stores = STORE_TO_IMAGE.match(instruction.operands) and instruction.mnemonic not in ONLY_READS
        if "[" in remaining or "gs:" in remaining or stores or ALIGNED.match(instruction.mnemonic):
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
