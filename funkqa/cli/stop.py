"""``funkqa stop``: end a session and report."""

import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import click

from funkqa.cli import completion, ending, reports, streams
from funkqa.cli.main import complain
from funkqa.cli.talking import (
    NotAlive,
    Over,
    asked,
    how_over,
    last_words,
    over,
    session_option,
    taken_by,
    the_session,
)
from funkqa.cli.verdict import exit_code
from funkqa.model.coverage import Coverage
from funkqa.model.errors import FunkqaError, HostUnfit, Interrupted, LeftChanged, UsageError
from funkqa.pipeline import shims_left
from funkqa.store.rollback import roll_back
from funkqa.system import files, locks, sessions


@click.command("stop")
@session_option
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The result file.  [default: NAME.funkqa]")
@click.option(
    "--report",
    "wanted",
    multiple=True,
    metavar="FORMAT=PATH",
    shell_complete=completion.reports,
    help="Write a report, any format of `funkqa report --help`.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
def command(session: str | None, output: Path | None, wanted: tuple[str, ...], quiet: bool) -> None:
    """End a session, take its result, and report.

    Of a session that died, the result has the steps that were over. A result that can't be written where it is
    wanted is kept: run `funkqa stop` again with another -o.

    Exit codes: 0; 1, the session died, or something in it couldn't be measured; 3, nothing was measured, or the
    result can't be taken; 4, it died, and its shims are mounted still, which `funkqa restore` removes.
    """
    name = the_session(session)
    result = output or Path(f"{name}.funkqa")
    process, taken = sessions.pid(name), False
    try:
        targets = _checked(name, wanted, result)
        with _shims_told(process):
            _end(name)
            with _turn(name):
                _take(name, result)
                taken, reason = True, last_words(name)
                sessions.forget(name)
            coverage = reports.load(result)
            if reason and not coverage.measurement.complete:
                complain(FunkqaError(f"the session {name} died: {reason}"))
            _report(name, coverage, targets, result, quiet)
    except Interrupted as interrupted:
        interrupted.outcome = _outcome(name, result, taken)
        if left := shims_left.programs_of(process):
            interrupted.outcome += f"; {shims_left.told(left)}: {shims_left.REMEDY}"
        raise
    raise click.exceptions.Exit(exit_code(coverage.verdict))


@contextmanager
def _shims_told(process: str) -> Iterator[None]:
    """Raises LeftChanged if shims of the session that had this PID stay, after whatever else there is to say."""
    fault: FunkqaError | OSError | None = None
    try:
        yield
    except (FunkqaError, OSError) as error:
        fault = error
    left = shims_left.programs_of(process)
    if fault and not left:
        raise fault
    if isinstance(fault, BrokenPipeError):
        streams.discard_unwritten()
    elif fault:
        complain(fault if isinstance(fault, FunkqaError) else streams.fault(fault))
    if left:
        raise LeftChanged(shims_left.told(left), hint=f"remove them: {shims_left.REMEDY}")


def _checked(name: str, wanted: tuple[str, ...], result: Path) -> tuple[reports.Wanted, ...]:
    """Raises UsageError before anything happens to the session."""
    targets = reports.parse(wanted)
    try:
        reports.check_result(result)
        reports.check_targets(targets, [result])
    except (UsageError, OSError) as error:
        fault = error if isinstance(error, UsageError) else streams.fault(error)
        unchanged = f"the session {name} stays as it is: name another path"
        hint = "; ".join(filter(None, [fault.hint, unchanged]))
        raise UsageError(fault.message, where=fault.where, hint=hint) from error
    return targets


def _end(name: str) -> None:
    """Raises HostUnfit if it doesn't end, or has no result."""
    if sessions.lives(name):
        with suppress(NotAlive):
            asked(name, {"do": "stop"}, sessions.END_TIMEOUT_S)
        deadline = time.monotonic() + sessions.END_TIMEOUT_S
        while not sessions.await_end(name, 1.0):
            if sessions.is_stopped(name) or time.monotonic() > deadline:
                raise sessions.silent(name, " and doesn't end")
    how = how_over(name)
    if how is Over.TAKEN:
        raise over(name)
    if how is Over.WITHOUT_RESULT:
        reason = last_words(name)
        sessions.forget(name)
        raise HostUnfit(
            f"the session {name} died before it had a result" + (f": {reason}" if reason else ""),
            hint="remove what it may have left: funkqa restore",
        )


@contextmanager
def _turn(name: str) -> Iterator[None]:
    """Of two who stop one session, one takes its result, and the other is told. Raises NotAlive."""
    with ExitStack() as undo:
        with suppress(FileNotFoundError):  # it goes with the last result
            undo.enter_context(locks.turn(sessions.KEPT))
        if not sessions.result(name).exists():
            raise over(name)
        yield


def _take(name: str, result: Path) -> None:
    """Raises FunkqaError if that can't be; the session keeps its result then."""
    roll_back(sessions.result(name))
    try:
        files.move(sessions.result(name), result)
    except OSError as error:
        raise FunkqaError(
            f"the result can't be written: {error.strerror or error}",
            where=str(result),
            hint=f"the session {name} has ended and keeps it; write it elsewhere: {taken_by(name)} -o PATH",
        ) from error


def _report(name: str, coverage: Coverage, targets: tuple[reports.Wanted, ...], result: Path, quiet: bool) -> None:
    """Raises FunkqaError, which says where the result is."""
    try:
        _show(name, coverage, targets, result, quiet)
    except BrokenPipeError:
        raise
    except (FunkqaError, OSError) as error:
        fault = error if isinstance(error, FunkqaError) else streams.fault(error)
        hint = fault.hint or f"the result is {result}: {_reported(result)}"
        raise FunkqaError(fault.message, where=fault.where, hint=hint) from error


def _show(name: str, coverage: Coverage, targets: tuple[reports.Wanted, ...], result: Path, quiet: bool) -> None:
    written = reports.write(coverage, targets)
    if not quiet and not any(report.path == "-" for report in targets):
        click.echo(reports.shown(coverage, sys.stdout), nl=False)
    written.end(result)
    if not quiet:
        click.echo(f"\nwritten: {' '.join([str(result), *(report.path for report in targets)])}", err=True)
    elif exit_code(coverage.verdict):
        click.echo(ending.table((ending.judged(name, coverage),)), err=True)


def _outcome(name: str, result: Path, taken: bool) -> str:
    """What has become of the session when `funkqa stop` was interrupted."""
    if sessions.lives(name):
        return f"the session {name} goes on, or is about to end; end it and take its result: {taken_by(name)}"
    if sessions.result(name).exists():
        return f"the session {name} has ended, and keeps its result: {taken_by(name)}"
    sessions.forget(name)
    if taken:
        return f"the session {name} has ended, and its result is {result}: {_reported(result)}"
    return f"the session {name} has ended"


def _reported(result: Path) -> str:
    return f"funkqa report {shlex.quote(str(result))}"
