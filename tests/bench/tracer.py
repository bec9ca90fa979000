"""Sessions of the real tracer for benchmarks: on given files, in the three ways that are compared."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from funkqa.model.place import RUNNING_SYSTEM
from funkqa.model.plan import ProbePlan
from funkqa.model.recipe import Measure
from funkqa.pipeline import planning
from funkqa.pipeline.planning import OwnedElf
from funkqa.system import cgroup, host
from funkqa.trace.session import Mode, Session, attached


@dataclass(frozen=True, slots=True)
class Way:
    """A way to trace: ``entries`` puts every probe on the function's entry, as other tools do."""

    name: str
    retire: bool = True
    entries: bool = False


PLACED = Way("funkqa")
NOT_RETIRED = Way("--no-retire", retire=False)
ON_ENTRIES = Way("entries, --no-retire", retire=False, entries=True)


@dataclass(frozen=True, slots=True)
class Traced:
    """A running session, the prefix that puts a command into its scope, and how long attaching took."""

    session: Session
    enter: tuple[str, ...]
    attach_s: float


def make_plan(files: Sequence[Path], undo: ExitStack) -> tuple[ProbePlan, tuple[OwnedElf, ...]]:
    """All functions of the files, from their symbols or installed debug files."""
    elves, unmeasured = planning.hold_elf_files(RUNNING_SYSTEM, planning.find_packages((), files), False, undo)
    debug_files = planning.find_debug_files(RUNNING_SYSTEM, elves, host.cache_directory())
    return planning.plan_probes(elves, debug_files, unmeasured, Measure()), elves


@contextmanager
def tracing(files: Sequence[Path], way: Way) -> Iterator[Traced]:
    """Trace the files until the block is left."""
    with ExitStack() as undo:
        plan, elves = make_plan(files, undo)
        if way.entries:
            plan = replace(
                plan,
                probes=tuple(
                    probe._replace(
                        offset=plan.images[probe.image].functions[probe.function].offset, emulated=False
                    )
                    for probe in plan.probes
                ),
            )
        group = undo.enter_context(cgroup.created("bench"))
        start = time.perf_counter()
        session = undo.enter_context(
            attached(plan, [elf.held for elf in elves], [cgroup.identifier(group)], Mode(retire=way.retire))
        )
        yield Traced(session, cgroup.join(group), time.perf_counter() - start)
