"""Where a function's probe sits: on the first instruction that the kernel emulates, if entering reaches it.

From the entry the code is followed in a straight line. Whatever lies on it runs whenever the function is
entered, so a hit there proves the entry, and every entry hits it. The line ends where that stops being
true: at a branch, a return, a system call, an instruction that may fault, another symbol, the function's end, a
place where a jump lands. If nothing on the line is emulated, the probe sits on the entry.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from funkqa.elf.decode import ENDBR64, MAX_INSTRUCTION, NOP5, carries_probe, emulated
from funkqa.elf.image import Segment
from funkqa.elf.jumps import BLOCK, Code, Stretch, landings
from funkqa.elf.line import WINDOW, comes_to_next, decoder, reason_to_stop, straight_line, uses_stack
from funkqa.model.plan import Function, Standing
from funkqa.model.units import Vaddr


class PlacedOn(Enum):
    """Why a probe sits where it sits."""

    EMULATED = "the first instruction on the straight line that the kernel emulates"
    ENTRY = "the entry: no instruction on the straight line is emulated"
    BEYOND_REFUSED = "the first instruction that can carry it: the entry's can't"


class Placement(NamedTuple):
    """A place for a probe. ``end`` says what ended the straight line if it ended before a good place."""

    vaddr: Vaddr
    placed_on: PlacedOn
    end: str


def place_probes(
    functions: Sequence[Function],
    starts: Sequence[Vaddr],
    machine: str,
    segments: Sequence[Segment],
    read: Callable[[int, int], bytes],
) -> Iterator[tuple[int, Placement | None]]:
    """The place of each PROBED function's probe, by the function's index; None if there is none.

    ``starts`` are the addresses of all symbols, sorted: no straight line runs over one. ``segments`` hold all code
    of the file, whence a jump may come. ``read`` gives bytes of the file, by offset and length. Architectures
    other than x86-64 get the entry.
    """
    probed = [(index, each) for index, each in enumerate(functions) if each.standing is Standing.PROBED]
    if machine != "x86_64":
        for index, function in probed:
            yield index, Placement(function.vaddr, PlacedOn.ENTRY, f"funkqa doesn't decode {machine}")
        return
    placed = []
    read_near = _blockwise(read)
    for index, function in probed:
        following = bisect_right(starts, function.vaddr)
        end = starts[following] if following < len(starts) else function.vaddr + WINDOW
        code = read_near(function.offset, min(end - function.vaddr, function.size or WINDOW, WINDOW))
        placed.append((index, function, code, place_probe(code, function.vaddr)))
    behind = [
        Stretch(function.vaddr, place.vaddr)
        for _, function, _, place in placed
        if place and place.vaddr > function.vaddr
    ]
    moved = _landings(behind, starts, segments, read)
    for index, function, code, place in placed:
        landing = moved.get(function.vaddr)
        if landing is not None:
            place = place_probe(code[: landing - function.vaddr], function.vaddr)
        yield index, place


def _landings(
    behind: Sequence[Stretch],
    starts: Sequence[Vaddr],
    segments: Sequence[Segment],
    read: Callable[[int, int], bytes],
) -> Mapping[Vaddr, Vaddr]:
    """Where jumps land between a function's entry and its probe, by the entry."""
    found: dict[Vaddr, Vaddr] = {}
    for segment in segments:
        here = [stretch for stretch in behind if 0 <= stretch.entry - segment.vaddr < segment.size]
        if here:
            found |= landings(Code(segment, read), here, starts, _instruction_addresses)
    return found


def _blockwise(read: Callable[[int, int], bytes]) -> Callable[[int, int], bytes]:
    """The same bytes as ``read`` gives, with one call of it for many functions that lie beside each other."""
    first, block = 0, b""

    def near(offset: int, length: int) -> bytes:
        nonlocal first, block
        start = offset - first
        if start < 0 or start + length > len(block):
            first, block, start = offset, read(offset, max(length, BLOCK)), 0
        return block[start : start + length]

    return near


def _instruction_addresses(code: bytes, start: int) -> Iterator[int]:
    return (vaddr for vaddr, _, _, _ in decoder().disasm_lite(code, start))


def place_probe(code: bytes, entry: Vaddr) -> Placement | None:
    """The best place in the function whose code, up to its end or WINDOW bytes, is ``code``; None: no place."""
    start = len(ENDBR64) if code.startswith(ENDBR64) else 0
    first = emulated(code[start : start + MAX_INSTRUCTION])
    if first is not None:  # most functions: no need to decode
        return Placement(Vaddr(entry + start), PlacedOn.EMULATED, "")
    place = _place_on_line(code)
    return place and place._replace(vaddr=Vaddr(entry + place.vaddr))


@lru_cache(maxsize=1 << 12)
def _place_on_line(code: bytes) -> Placement | None:
    """The best place by its distance from the entry; a third of these functions have the same code as others."""
    end = ""
    stack_used = False
    for instruction in straight_line(code, 0):
        # Linux 6.18 turns a 5-byte nop into a call, which overwrites what a leaf function keeps below the stack
        # pointer: arch/x86/kernel/uprobes.c, arch_uprobe_optimize.
        if emulated(instruction.code) is not None and not (stack_used and instruction.code == NOP5):
            return Placement(Vaddr(instruction.vaddr), PlacedOn.EMULATED, "")
        end = reason_to_stop(instruction)
        if end:
            break
        stack_used = stack_used or uses_stack(instruction)
    if carries_probe(code):
        return Placement(Vaddr(0), PlacedOn.ENTRY, end or "the function ends before one")
    return _beyond_refused(code)


def _beyond_refused(code: bytes) -> Placement | None:
    """A place behind a first instruction that can't carry it (``lock xadd``): right unless that one faults."""
    line = straight_line(code, 0)
    first = next(line, None)
    if first is None or not comes_to_next(first):
        return None
    for instruction in line:
        if carries_probe(instruction.code):
            return Placement(Vaddr(instruction.vaddr), PlacedOn.BEYOND_REFUSED, "")
        if not comes_to_next(instruction):
            return None
    return None
