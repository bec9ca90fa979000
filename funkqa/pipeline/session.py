"""A session in the background: packages are measured whoever runs them, until somebody says stop."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from funkqa.doctor.examination import examine_quickly
from funkqa.doctor.finding import refuse_unfit
from funkqa.model.errors import ExitCode, FunkqaError, Interrupted, NothingToMeasure, UsageError
from funkqa.model.measurement import Outcome, StepResult
from funkqa.model.place import RUNNING_SYSTEM
from funkqa.model.recipe import Measure, Phase, Respect
from funkqa.packages import locking, rpmdb
from funkqa.pipeline import executed, named, nothing, planning, shimming
from funkqa.pipeline.record import run_record
from funkqa.recipe.step_name import name_fault, shown
from funkqa.store.writer import ResultWriter
from funkqa.system import asking, locks, sessions, signals
from funkqa.trace import session as tracing

FIRST = "start"
"""The step that begins with the session."""

Answer = Mapping[str, object]


@dataclass(slots=True)
class Course:
    """How far a session is: the steps that are over are in the result, and ``step`` goes on.

    ``whole``: the result has all of these, with no hits lost on their way there, and can get another one.
    """

    session: tracing.Session
    writer: ResultWriter
    log: executed.Log
    step: str = FIRST
    names: set[str] = field(default_factory=lambda: {FIRST})
    number: int = 0
    began: float = field(default_factory=time.time)
    whole: bool = True

    def mark(self, name: str) -> None:
        """End the step, and begin another one. Raises UsageError for what no other step can be called."""
        if fault := name_fault(name):
            raise UsageError(f"{name!r} {fault}", hint="name the step with one line of printable text")
        if shown(name) in self.names:
            raise UsageError(
                f"{shown(name)!r} is already the name of another step of the session",
                hint="give each step of the session a name of its own",
            )
        with signals.held_back():
            self.end()
            self.names.add(shown(name))
            self.step, self.number, self.began = name, self.number + 1, time.time()
            self.session.begin_step()
            self.whole = True

    def end(self) -> None:
        """End the step, the last one unless ``whole`` is said again."""
        self.whole = False
        hits, starts = self.session.take_hits(), self.session.watch.take()
        step = StepResult(
            name=self.step,
            phase=Phase.EXECUTE,
            script="",
            result=Respect.RESPECT,
            outcome=Outcome.PASSED,
            reason="",
            exit_code=0,
            signal=None,
            started=self.began,
            duration_s=time.time() - self.began,
            output=b"",
            output_bytes=0,
        )
        self.writer.append(step, hits, self.log.executions(starts, self.number))


def serve(
    subjects: Sequence[str], name: str, measure: Measure, mode: tracing.Mode, ready: Callable[[Answer], None]
) -> None:
    """Be the session ``name`` until it is told to stop, or gets a signal. ``ready`` hears when all is attached.

    The scope is the system, or, with shims, who runs one of them. Raises FunkqaError, with nothing left behind but
    the result of the steps that were over.
    """
    refuse_unfit(examine_quickly())
    with ExitStack() as undo:
        undo.enter_context(locks.session())  # first: a folder that isn't owned yet is no leftover
        server = undo.enter_context(sessions.opened(name))
        packages = named.packages(subjects)
        prepared = named.prepared(packages, undo, measure)
        plan, elves = prepared.plan, prepared.elves
        if not plan.probes:
            raise nothing.to_probe(plan, named=True)
        mounting = undo.enter_context(ExitStack())
        if mode.shims:  # of two that want to be in front of one program, the second sees the first's shim
            mounting.enter_context(locks.turn(sessions.RUN))
        shims = shimming.planned(RUNNING_SYSTEM, elves, mode.shims)
        shimming.refuse_double(shims)
        if mode.shims and not shims.plan.shims:
            raise NothingToMeasure(
                "there is no program to put a shim in front of, so that nobody would be in scope",
                where=" ".join(subjects),
                hint="name the programs too, or leave --shim out: then every process counts",
            )
        facts = {"root": "running system", "scope": "programs with shims" if mode.shims else mode.scope}
        facts |= {"shims": shims.fact, **({"warnings": "; ".join(prepared.warnings)} if prepared.warnings else {})}
        record = run_record(name, "", f"session {name}", measure, packages, Path("/"), facts)
        unready = undo.enter_context(ExitStack())
        unready.callback(sessions.result(name).unlink, missing_ok=True)
        writer = undo.enter_context(
            ResultWriter.create(sessions.result(name), record, plan.images, plan.unmeasured)
        )
        for problem in prepared.problems:
            writer.fault(problem)
        if mode.shims:  # a package update would stumble over what is mounted
            undo.enter_context(locking.held(RUNNING_SYSTEM, rpmdb.lock(RUNNING_SYSTEM.root)))
        shim_entries = undo.enter_context(shimming.in_place(RUNNING_SYSTEM, shims, whole_system=True))
        mounting.close()
        files = [elf.held for elf in elves]
        entries = tuple(executed.entries(elves))
        session = undo.enter_context(tracing.attached(plan, files, [], mode, entries))
        session.watch.shims(shim_entries)
        for image, function, reason in session.unattached():
            writer.skip(image, function, reason)
        for image in session.watch.unlogged:
            writer.fault(f"{plan.images[image].path}: the kernel doesn't let its starts be logged")
        course = Course(session, writer, executed.Log(RUNNING_SYSTEM, plan.images, mode.arguments))
        unready.pop_all()
        ready({"probes": len(plan.probes), "files": len(plan.images), "shims": len(shim_entries)})

        def finish() -> None:
            with signals.held_back():
                course.end()
                planning.record_changes(elves, plan, writer)
                executed.tell_lost(session.watch.lost(), writer)
                writer.finish(session.statistics())

        try:
            _answer(server, course, finish)
        except Interrupted:
            if course.whole:
                finish()
            raise


def _answer(server: asking.Server, course: Course, finish: Callable[[], None]) -> None:
    """Do what is asked, until that is to stop. Who asks hears of a fault, and whether all is in the result."""
    for request, connection in server.requests():
        try:
            match request:
                case {"do": "stop"}:
                    finish()
                    asking.answer(connection, {})
                    return
                case {"do": "mark", "step": str() as step}:
                    course.mark(step)
                    asking.answer(connection, {"ended": course.number})
                case {"do": "status"}:
                    asking.answer(connection, _status(course))
                case _:
                    asking.answer(
                        connection, {"error": "this session doesn't know what to do", "code": int(ExitCode.USAGE)}
                    )
        except Interrupted:
            raise
        except UsageError as error:
            asking.answer(connection, {"error": error.message, "hint": error.hint, "code": int(error.exit_code)})
        except FunkqaError as error:
            asking.answer(connection, {"error": error.message, "where": error.where, "hint": error.hint})
            raise


def _status(course: Course) -> Answer:
    return {
        "step": course.step,
        "steps": course.number + 1,
        "began": course.began,
        "entered": course.session.entered(),
        "probes": len(course.session.plan.probes),
    }
