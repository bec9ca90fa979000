"""Groups: the probes of one image that share a link, and what can be done with them."""

from array import array
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import groupby
from math import ceil
from time import monotonic

from funkqa.model.plan import ProbePlan
from funkqa.model.units import ProbeId
from funkqa.system import kernel
from funkqa.system.files import HeldFile
from funkqa.trace import links
from funkqa.trace.links import Placed
from funkqa.trace.program import cookie
from funkqa.trace.trapcost import TrapCost

GROUP_SIZE = 64
"""Probes in a group. While many processes start, making a link waits for one of them at every probe: 256 took
3.6 s, 64 take 0.35 s. Fewer still make stopping slower: every link waits for its own grace period."""

MOST_GROUPS = 256
"""Above so many full groups they get larger: each link is an open file."""

NO_LINK = -1


@dataclass
class Group:
    """``probes`` is all that belongs to the group (ProbeIds in ``span``), ``live`` what ``link`` attaches now.

    ``round_s`` is what the last link took to make, in seconds: the price of a round of retirement.
    """

    number: int
    file: HeldFile
    span: range
    probes: tuple[Placed, ...]
    live: Sequence[Placed] = ()
    link: int = NO_LINK
    round_s: float = 0.0

    def attach_verified(self, program: int) -> list[ProbeId]:
        """Attach all probes for the first time; what the kernel refuses leaves the group and is returned."""
        start = monotonic()
        self.link, guilty = links.link_accepted(program, self.file, self.probes)
        if guilty:
            bad = set(guilty)
            self.probes = tuple(placed for placed in self.probes if placed.probe not in bad)
        self.live = self.probes
        self.round_s = monotonic() - start
        return guilty

    def replace(self, program: int, wanted: Sequence[Placed], closer: Executor) -> None:
        """Attach ``wanted`` in place of what is attached: the new link first, so that nothing goes unwatched.

        The old link is closed by ``closer``, which waits for the kernel. Raises OSError.
        """
        start = monotonic()
        new = links.link(program, self.file, wanted) if wanted else NO_LINK
        self.round_s = monotonic() - start
        old, self.link, self.live = self.link, new, wanted
        if old != NO_LINK:
            closer.submit(kernel.close, old)

    def unseen(self, before: bytes, now: bytes) -> list[Placed]:
        """The live probes whose counter is the same in two snapshots of the group's counters."""
        was, is_ = array("Q", before), array("Q", now)
        first = self.span.start
        return [placed for placed in self.live if was[placed.probe - first] == is_[placed.probe - first]]


def partition(plan: ProbePlan) -> Iterator[range]:
    """The plan's probes, which lie image by image, in groups that don't cross images."""
    size = max(GROUP_SIZE, ceil(len(plan.probes) / MOST_GROUPS))
    for _, probes in groupby(range(len(plan.probes)), key=lambda probe: plan.probes[probe].image):
        numbers = tuple(probes)
        for start in range(numbers[0], numbers[-1] + 1, size):
            yield range(start, min(start + size, numbers[-1] + 1))


def make_groups(plan: ProbePlan, files: Sequence[HeldFile], cost: TrapCost) -> list[Group]:
    """The plan's probes as groups, nothing attached yet."""
    groups = []
    for number, probes in enumerate(partition(plan)):
        image = plan.probes[probes.start].image
        placed = tuple(_placed(plan, probe, number, cost) for probe in probes)
        groups.append(Group(number, files[image], probes, placed))
    return groups


def _placed(plan: ProbePlan, number: int, group: int, cost: TrapCost) -> Placed:
    probe, identifier = plan.probes[number], ProbeId(number)
    return Placed(
        identifier,
        probe.offset,
        cookie(identifier, group, cost.emulated_ns if probe.emulated else cost.stepped_ns),
    )
