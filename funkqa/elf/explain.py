"""Why a probe sits where it sits: the straight line from the entry, in words."""

from collections.abc import Iterator

from funkqa.elf.decode import emulated
from funkqa.elf.line import straight_line
from funkqa.elf.placement import PlacedOn, Placement, place_probe
from funkqa.model.units import Vaddr

AFTER = 2
"""Instructions that are shown behind the chosen place."""


def explain(code: bytes, entry: Vaddr, probe: Vaddr | None) -> Iterator[str]:
    """Lines with the disassembly of the straight line (Intel syntax), the chosen place, and the reason.

    ``code`` is the function's code up to its end or WINDOW bytes, ``probe`` where the plan has its probe.
    """
    placement = place_probe(code, entry)
    elsewhere = placement is not None and probe != placement.vaddr
    if elsewhere:
        end = "a jump lands, or another symbol begins, behind the entry"
        placement = None if probe is None else Placement(probe, PlacedOn.ENTRY, end)
    behind = None
    for instruction in straight_line(code, entry):
        chosen = placement is not None and instruction.vaddr == placement.vaddr
        kind = emulated(instruction.code)
        note = f"  {kind.value}: emulated" if kind else ""
        text = f"{instruction.mnemonic} {instruction.operands}".strip()
        yield f"{'->' if chosen else '  '} {instruction.vaddr:#x}  {instruction.code.hex():<20}  {text}{note}"
        if chosen:
            behind = 0
        elif behind is not None:
            behind += 1
        if behind == AFTER:
            break
    if placement is None and elsewhere:
        yield "no probe: the entry can't carry one, and a jump lands, or another symbol begins, before what can"
    elif placement is None:
        yield "no probe: the kernel refuses every instruction of the straight line"
    else:
        yield f"probe at {placement.vaddr:#x}: {placement.placed_on.value}"
        if placement.end:
            yield f"the straight line ends: {placement.end}"
