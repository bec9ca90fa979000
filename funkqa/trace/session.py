"""A tracing session: every probe of a plan attached, and the hits of each step read from the counters."""

import threading
from array import array
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import groupby

from funkqa.model.errors import HostUnfit
from funkqa.model.plan import ProbePlan, SkipReason
from funkqa.model.units import Bitmap, ProbeId
from funkqa.system import kernel, limits
from funkqa.system.files import HeldFile
from funkqa.trace import links, trapcost
from funkqa.trace.groups import NO_LINK, Group, make_groups, partition
from funkqa.trace.program import COUNTER_BYTES, Program, cookie, counter, loaded
from funkqa.trace.retirement import Retirement
from funkqa.trace.watch import Entry, Watch, watching

CHUNK = 512 * COUNTER_BYTES
"""Counters are compared in chunks of 512: most functions don't run in most steps."""


@dataclass(frozen=True, slots=True)
class Mode:
    """How to trace.

    ``retire``: take out functions once seen. ``per_step``: attach them again for each step; otherwise a function
    counts for the first step that entered it. ``everyone``: the hits of every process count. ``arguments``: keep
    those of the programs that are started. ``shims``: put one in front of each measured program.
    """

    retire: bool = True
    per_step: bool = True
    everyone: bool = False
    arguments: bool = True
    shims: bool = False

    @property
    def scope(self) -> str:
        """``recipe`` or ``system``, as the command line has it."""
        return "system" if self.everyone else "recipe"


class Session:
    """Counters only ever grow; what a step entered is the difference of two snapshots.

    ``not_attached`` are the probes that the kernel refused; ``watch`` knows which programs were started.
    """

    def __init__(
        self,
        plan: ProbePlan,
        program: Program,
        groups: Sequence[Group],
        closer: Executor,
        mode: Mode,
        watch: Watch,
    ) -> None:
        self.plan = plan
        self.watch = watch
        self.mode = mode
        self.not_attached: tuple[ProbeId, ...] = ()
        self.groups = groups
        self._program, self._closer = program, closer
        self._lock = threading.Lock()
        self._last = program.hits()
        self._first = self._last
        self._foreign = program.foreign()
        self.retirement = Retirement(program, groups, closer, self._lock, self._baseline)

    def attach(self) -> None:
        """Attach every probe, with the kernel's word for each of them."""
        refused: list[ProbeId] = []
        for file, groups in groupby(self.groups, key=lambda group: group.file):
            with links.mapped_for_execution(file):
                for group in groups:
                    refused += group.attach_verified(self._program.hit)
        self.not_attached = tuple(refused)

    def unattached(self) -> Iterator[tuple[int, int, SkipReason]]:
        """(image, function, reason) of every probe of the plan that isn't there."""
        for number in self.not_attached:
            probe = self.plan.probes[number]
            yield probe.image, probe.function, SkipReason.NOT_ATTACHED

    def begin_step(self) -> None:
        """Attach again what was retired, so that this step's hits are complete."""
        if not (self.mode.retire and self.mode.per_step):
            return
        with self._lock:
            for group in self.groups:
                if len(group.live) < len(group.probes) and not group.file.changed():
                    self._attach_again(group)

    def _attach_again(self, group: Group) -> None:
        try:
            group.replace(self._program.hit, group.probes, self._closer)
        except OSError as error:
            raise HostUnfit(
                f"the kernel didn't attach {len(group.probes)} probes again: {error.strerror}",
                hint="--union doesn't attach them again for each step",
            ) from error

    def take_hits(self) -> Mapping[int, Bitmap]:
        """The functions entered since the last call, as a bitmap for each image that had any.

        Raises HostUnfit if the session broke since then, so that its hits aren't complete.
        """
        if self.retirement.failure is not None:
            raise HostUnfit(f"tracing broke: {self.retirement.failure}", hint="measure again with --no-retire")
        with self._lock:
            now = self._program.hits()
            bitmaps: dict[int, int] = {}
            for number in _grown(self._last, now):
                if not self.mode.per_step and counter(self._last, number) != counter(self._first, number):
                    continue  # an earlier step entered it, and it isn't retired yet
                probe = self.plan.probes[number]
                bitmaps[probe.image] = bitmaps.get(probe.image, 0) | 1 << probe.function
            self._last = now
            self.retirement.step_ended()
        return {image: Bitmap(bitmap) for image, bitmap in bitmaps.items()}

    def entered(self) -> int:
        """How many probes of the plan were hit since the session began."""
        return sum(1 for _ in _grown(self._first, self._program.hits()))

    def statistics(self) -> Mapping[str, float]:
        """What the session cost so far: counts, and times in seconds."""
        hits, nanoseconds = self._program.foreign()
        told = self.retirement.statistics
        foreign_ns = nanoseconds - self._foreign[1]
        paid = sum(array("Q", self._program.paid())[: len(self.groups)])
        counted, before = self._program.hits(), self._first
        unrecorded, unwatched = self.watch.lost()
        return {
            "traps_in_scope": sum(array("Q", counted)) - sum(array("Q", before)),
            "traps_out_of_scope": hits - self._foreign[0],
            "trap_time_s": max(0, paid - foreign_ns) / 1e9,
            "trap_time_out_of_scope_s": foreign_ns / 1e9,
            "executions_lost": unrecorded,
            "processes_lost": unwatched,
            "retirement_rounds": told.rounds,
            "retirement_time_s": told.rounds_s,
            "retirement_saved_estimate_s": told.saved_s,
        }

    def detach(self) -> None:
        """Take all probes out, all links at once."""
        for group in self.groups:
            if group.link != NO_LINK:
                self._closer.submit(kernel.close, group.link)
                group.link = NO_LINK

    def _baseline(self) -> bytes:
        return self._last if self.mode.per_step else self._first


@contextmanager
def attached(
    plan: ProbePlan,
    files: Sequence[HeldFile],
    cgroup_ids: Sequence[int],
    mode: Mode,
    entries: Sequence[Entry] = (),
) -> Iterator[Session]:
    """Attach every probe of the plan; ``files[i]`` is the held file of ``plan.images[i]``.

    ``entries`` are the programs whose starts are logged.

    Leaving detaches everything; if this process is killed, the kernel does.
    """
    spare = sum(1 for _ in partition(plan))  # a group for measuring what traps cost
    with ExitStack() as undo:
        undo.enter_context(limits.many_files())
        program = undo.enter_context(loaded(len(plan.probes), spare + 1, mode.everyone))
        cost = trapcost.measure(program.hit, cookie(ProbeId(0), spare, 1))
        program.add_to_scope(cgroup_ids)
        closer = undo.enter_context(ThreadPoolExecutor(links.CLOSERS, "close"))
        watch = undo.enter_context(watching(program, entries, mode.everyone, closer))
        session = Session(plan, program, make_groups(plan, files, cost), closer, mode, watch)
        undo.callback(session.detach)
        session.attach()
        if mode.retire:
            undo.callback(session.retirement.stop)
            session.retirement.start()
        yield session


def _grown(before: bytes, after: bytes) -> Iterator[int]:
    """Indices of the counters that differ between two snapshots."""
    for start in range(0, len(after), CHUNK):
        old, new = before[start : start + CHUNK], after[start : start + CHUNK]
        if old == new:
            continue
        first = start // COUNTER_BYTES
        for number, (was, now) in enumerate(zip(array("Q", old), array("Q", new), strict=True)):
            if was != now:
                yield first + number
