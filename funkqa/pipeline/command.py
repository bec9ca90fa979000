"""Measuring one command on the running system: no recipe, no installation."""

import shlex
import shutil
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from funkqa.model.errors import HostUnfit
from funkqa.model.measurement import Outcome, StepResult
from funkqa.model.package import Package
from funkqa.model.place import RUNNING_SYSTEM
from funkqa.model.recipe import Measure, Phase, Respect
from funkqa.pipeline import executed, named, nothing, ownership, planning, shimming
from funkqa.pipeline.record import run_record
from funkqa.store.writer import ResultWriter
from funkqa.system import cgroup, foreground, host
from funkqa.system.process import describe_returncode
from funkqa.trace import session as tracing


@dataclass(frozen=True, slots=True)
class Subject:
    """What is measured: installed packages and ELF files; without any, the program that is run."""

    packages: tuple[str, ...]
    files: tuple[Path, ...]


def measure_command(
    command: Sequence[str], subject: Subject, measure: Measure, mode: tracing.Mode, result: Path
) -> int:
    """Run the command with this process's terminal and descriptors and write the result file.

    Returns its exit code, or the negative number of the signal that ended it. Programs that it leaves running go
    on. Raises FunkqaError before the command starts, or if the result can't be written after it.
    """
    if not host.is_root():
        raise HostUnfit("funkqa must be root to attach probes", hint="run it as root")
    packages = _packages(command, subject)
    with ExitStack() as undo:
        plan, elves, warnings, problems = named.prepared(packages, undo, measure)
        if not plan.probes:
            raise nothing.to_probe(plan, bool(subject.packages or subject.files))
        shims = shimming.planned(RUNNING_SYSTEM, elves, mode.shims)
        facts = {"root": "running system", "scope": mode.scope, "shims": shims.fact}
        if warnings:
            facts["warnings"] = "; ".join(warnings)
        record = run_record("trace", "", shlex.join(command), measure, packages, Path("/"), facts)
        writer = undo.enter_context(ResultWriter.create(result, record, plan.images, plan.unmeasured))
        for problem in problems:
            writer.fault(problem)
        group = undo.enter_context(cgroup.created("trace", kill=False))
        shim_entries = undo.enter_context(shimming.in_place(RUNNING_SYSTEM, shims))
        session = undo.enter_context(
            tracing.attached(
                plan,
                [elf.held for elf in elves],
                [cgroup.identifier(group)],
                mode,
                tuple(executed.entries(elves)),
            )
        )
        session.watch.shims(shim_entries)
        for image, function, reason in session.unattached():
            writer.skip(image, function, reason)
        started, clock = time.time(), time.monotonic()
        returncode = foreground.run(command, group)
        step = _step(command, returncode, started, time.monotonic() - clock)
        hits, starts = session.take_hits(), session.watch.take()
        log = executed.Log(RUNNING_SYSTEM, plan.images, mode.arguments)
        writer.append(step, hits, log.executions(starts, 0))
        executed.tell_lost(session.watch.lost(), writer)
        planning.record_changes(elves, plan, writer)
        writer.finish(session.statistics())
    return returncode


def _packages(command: Sequence[str], subject: Subject) -> tuple[Package, ...]:
    files = subject.files
    if not subject.packages and not files:
        files = (Path(shutil.which(command[0]) or command[0]),)
    return ownership.find_packages(subject.packages, files)


def _step(command: Sequence[str], returncode: int, started: float, duration_s: float) -> StepResult:
    return StepResult(
        name=Path(command[0]).name,
        phase=Phase.EXECUTE,
        script=shlex.join(command),
        result=Respect.RESPECT,
        outcome=Outcome.PASSED if returncode == 0 else Outcome.FAILED,
        reason="" if returncode == 0 else describe_returncode(returncode),
        exit_code=returncode if returncode >= 0 else None,
        signal=-returncode if returncode < 0 else None,
        started=started,
        duration_s=duration_s,
        output=b"",
        output_bytes=0,
    )
