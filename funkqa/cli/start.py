"""``funkqa start``: measure packages in the background, whoever runs them."""

import json
import os
import re
import sys
from pathlib import PurePosixPath

import click

from funkqa.cli import streams
from funkqa.cli.filters import measure_of
from funkqa.cli.main import complain
from funkqa.cli.talking import taken_by
from funkqa.model.errors import ExitCode, FunkqaError, HostUnfit, Interrupted, UsageError
from funkqa.model.recipe import Measure
from funkqa.pipeline.session import Answer, serve
from funkqa.report.facts import counted
from funkqa.system import host, sessions
from funkqa.system.background import started
from funkqa.trace.session import Mode


@click.command("start")
@click.argument("subjects", nargs=-1, required=True, metavar="PACKAGE|ELF...")
@click.option("--name", metavar="NAME", help="The session's name.  [default: after the first PACKAGE or ELF]")
@click.option("--include", multiple=True, metavar="RE", help="Only functions whose demangled name matches.")
@click.option("--exclude", multiple=True, metavar="RE", help="No functions whose demangled name matches.")
@click.option("--shim", "shims", is_flag=True, help="Measure only who starts a program of the packages, by shims.")
@click.option("--union", is_flag=True, help="Count a function only for the first step that entered it.")
@click.option(
    "--retire/--no-retire",
    default=True,
    help="Take out probes of functions once seen (default), or pay each call.",
)
@click.option("--args/--no-args", "arguments", default=True, help="Log programs with their arguments (default).")
@click.option("--foreground", is_flag=True, help="Stay in the foreground, as for a systemd unit.")
@click.option("--ready", type=int, hidden=True, help="A descriptor to write to when all is attached.")
def command(
    subjects: tuple[str, ...],
    name: str | None,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    shims: bool,
    union: bool,
    retire: bool,
    arguments: bool,
    foreground: bool,
    ready: int | None,
) -> None:
    """Measure installed packages, or ELF files (with a slash), until `funkqa stop`.

    Nothing of the system changes: functions count whoever runs them, and each start of a program is logged. The
    session goes on when its console is closed. `funkqa mark NAME` begins a step, `funkqa status` says how far it
    is; what a step entered is kept, even through a crash, once it is over.

    With --shim only processes count that run a program of the packages, and what these start: not others that use
    their libraries. Shims are mounted in front of the programs, for the whole system. As long as they are, rpm
    refuses to install, update or remove packages.
    """
    _refuse_folders(subjects)
    called = sessions.check_name(_name(subjects[0]) if name is None else name)
    subjects = tuple(os.path.abspath(each) if "/" in each else each for each in subjects)
    measure = measure_of(include, exclude)
    if not host.is_root():
        raise HostUnfit("funkqa must be root to attach probes", hint="run it as root")
    if foreground:
        mode = Mode(retire, not union, not shims, arguments, shims)
        _serve(subjects, called, measure, mode, ready)
        return
    options = [
        *(f"--include={each}" for each in include),
        *(f"--exclude={each}" for each in exclude),
        *(["--shim"] if shims else []),
        *(["--union"] if union else []),
        *([] if retire else ["--no-retire"]),
        *([] if arguments else ["--no-args"]),
    ]
    again = [sys.executable, "-P", "-m", "funkqa", "start", "--foreground", f"--name={called}", *options]
    try:
        said = started([*again, "--", *subjects], sessions.log(called), "--ready")
    except Interrupted as interrupted:
        _forget_unless_there(called)
        if called in sessions.names():  # of this name there was one, or it was ready by then
            interrupted.outcome = f"what became of the session {called} tells: funkqa status --session {called}"
        raise
    told = json.loads(said) if said.strip() else {"error": _last_words(called)}
    if "error" in told:
        if said.strip():
            _forget_unless_there(called)
        raise _Refused(str(told["error"]), str(told.get("hint", "")), int(told.get("code", ExitCode.UNMEASURABLE)))
    probes, files, mounted = (int(told[each]) for each in ("probes", "files", "shims"))
    shimmed = f", {counted(mounted, 'shim')}" if shims else ""
    _say_begun(
        called,
        f"session {called}: {counted(probes, 'probe')} on {counted(files, 'ELF file')}{shimmed}; "
        f"PID {sessions.pid(called)}",
    )


def _forget_unless_there(name: str) -> None:
    """Remove the log of a session that never was; another one of this name keeps its own."""
    if name not in sessions.names():
        sessions.forget(name)


def _say_begun(name: str, line: str) -> None:
    """A session that has begun goes on, whether that can be said or not."""
    try:
        click.echo(line)
    except OSError as error:
        streams.discard_unwritten()
        complain(
            FunkqaError(
                f"the session {name} has begun, but the output can't be written: {error.strerror}",
                hint=f"end it: {taken_by(name)}",
            )
        )
    except Interrupted as interrupted:
        interrupted.outcome = f"the session {name} has begun; end it: {taken_by(name)}"
        raise


def _refuse_folders(subjects: tuple[str, ...]) -> None:
    for each in subjects:
        if not each or each.endswith("/") or ("/" in each and os.path.isdir(each)):
            raise UsageError(
                f"{each!r} is neither a package nor an ELF file",
                hint="name packages, and files by a path with a slash: funkqa start bzip2 /usr/bin/env",
            )


class _Refused(FunkqaError):
    """What kept the session in the background from starting."""

    def __init__(self, message: str, hint: str, code: int) -> None:
        super().__init__(message, hint=hint)
        self.exit_code = ExitCode(code)


def _serve(subjects: tuple[str, ...], name: str, measure: Measure, mode: Mode, ready: int | None) -> None:
    """Tell whoever waits at the descriptor ``ready`` how it went, once.

    A refusal that is told isn't written as well: the log may be that of another session of this name.
    """

    def tell(answer: Answer) -> None:
        if ready is not None:
            os.write(ready, json.dumps(answer).encode() + b"\n")
            os.close(ready)

    attached = False

    def attach(answer: Answer) -> None:
        nonlocal attached
        attached = True
        tell(answer)

    try:
        serve(subjects, name, measure, mode, attach)
    except FunkqaError as error:
        if attached or ready is None:
            raise
        tell({"error": _message(error), "hint": error.hint, "code": int(error.exit_code)})
        raise click.exceptions.Exit(error.exit_code) from error


def _message(error: FunkqaError) -> str:
    return f"{error.where}: {error.message}" if error.where else error.message


def _last_words(name: str) -> str:
    path = sessions.log(name)
    lines = path.read_text(errors="replace").splitlines()[-3:] if path.exists() else []
    return f"the session died before it was ready: {' '.join(lines)}"


def _name(subject: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.+-]", "-", PurePosixPath(subject).name) or "session"
