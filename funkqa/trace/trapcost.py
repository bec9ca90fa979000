"""What a trap costs on this machine, measured when a session starts: estimates would time retirement wrongly."""

import os
from typing import NamedTuple

from funkqa.system import kernel, machinecode

MAX_COST_NS = 0xFFFF
"""The cookie holds 16 bits of nanoseconds."""

EMULATED_CALLS, STEPPED_CALLS = 2000, 100
UNMEASURED_NS = 2000
"""For architectures without a sample: the cost of a single-stepped trap on bare metal."""


class TrapCost(NamedTuple):
    """Nanoseconds that a trap takes on an instruction that the kernel emulates, and on any other."""

    emulated_ns: int
    stepped_ns: int


def measure(program: int, cookie: int) -> TrapCost:
    """Probe a few instructions of this process and call them; ``cookie`` is that of a group of its own."""
    with machinecode.sample() as sample:
        if sample is None:
            return TrapCost(UNMEASURED_NS, UNMEASURED_NS)
        link = kernel.link_uprobes(program, sample.path, [sample.emulated, sample.stepped], [cookie, cookie])
        try:
            emulated = sample.seconds_for(sample.emulated, EMULATED_CALLS) / EMULATED_CALLS
            stepped = sample.seconds_for(sample.stepped, STEPPED_CALLS) / STEPPED_CALLS
        finally:
            os.close(link)
    return TrapCost(_nanoseconds(emulated), _nanoseconds(stepped))


def _nanoseconds(seconds: float) -> int:
    return max(1, min(round(seconds * 1e9), MAX_COST_NS))
