"""Sessions of the real tracer for benchmarks: on given files, in the three ways that are compared."""

import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from funkqa.debuginfo.symbols import read_symbols
from funkqa.elf.decode import MAX_INSTRUCTION, is_misread
from funkqa.model.place import RUNNING_SYSTEM
from funkqa.model.plan import Probe, ProbePlan
from funkqa.model.recipe import Measure
from funkqa.model.units import FileOffset
from funkqa.pipeline import debugfiles, ownership, planning
from funkqa.pipeline.ownership import OwnedElf
from funkqa.system import cgroup
from funkqa.trace.session import Mode, Session, attached


@dataclass(frozen=True, slots=True)
class Way:
    """A way to trace: ``entries`` puts probes on the entries of functions, as other tools do."""

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


def make_plan(
    files: Sequence[Path], undo: ExitStack, entries: bool = False
) -> tuple[ProbePlan, tuple[OwnedElf, ...]]:
    """All functions of the files, from their symbols or installed debug files."""
    elves, unmeasured = ownership.hold_elf_files(RUNNING_SYSTEM, ownership.find_packages((), files), False, undo)
    debug_files = debugfiles.find(RUNNING_SYSTEM, elves, undo)
    plan = planning.plan_probes(elves, debug_files, unmeasured, Measure())
    if entries:
        starts = []
        for elf, debug in zip(elves, debug_files, strict=True):
            with elf.held.stream() as stream:
                offsets = {elf.facts.offset(symbol.vaddr) for symbol in read_symbols(debug, stream, elf.path)}
            starts.append(sorted(offset for offset in offsets if offset is not None))
        probes = tuple(_on_entry(probe, starts[probe.image], elves[probe.image]) for probe in plan.probes)
        plan = replace(plan, probes=probes)
    return plan, elves


def _on_entry(probe: Probe, starts: Sequence[FileOffset], elf: OwnedElf) -> Probe:
    """The probe on the entry of its function, even if the kernel refuses it, unless it would break the program."""
    entry = starts[bisect_right(starts, probe.offset) - 1]
    if is_misread(elf.held.read(entry, MAX_INSTRUCTION)):
        return probe
    return probe._replace(offset=entry, emulated=False)


@contextmanager
def tracing(files: Sequence[Path], way: Way) -> Iterator[Traced]:
    """Trace the files until the block is left."""
    with ExitStack() as undo:
        plan, elves = make_plan(files, undo, way.entries)
        group = undo.enter_context(cgroup.created("bench"))
        start = time.perf_counter()
        session = undo.enter_context(
            attached(plan, [elf.held for elf in elves], [cgroup.identifier(group)], Mode(retire=way.retire))
        )
        yield Traced(session, cgroup.join(group), time.perf_counter() - start)
