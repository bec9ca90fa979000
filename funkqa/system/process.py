"""The door to other programs: fixed locale, closed stdin, a time limit, and failures worth reading."""

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from funkqa.model.errors import CommandFailed, ToolMissing

LAST_LINES = 12
Child = subprocess.Popen[bytes]
"""A program that runs beside funkqa, with pipes to it."""


@dataclass(frozen=True, slots=True)
class Completed:
    """What a program left behind: exit code (negative: the signal that ended it), stdout, stderr."""

    returncode: int
    stdout: str
    stderr: str


def run(
    argv: Sequence[str],
    *,
    enter: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    accept: Sequence[int] = (0,),
    timeout_s: float = 600.0,
    stdin: str = "",
    pass_fds: Sequence[int] = (),
    hint: str = "",
) -> Completed:
    """Run ``argv`` (behind the prefix ``enter``) to its end, in a session of its own.

    Raises ToolMissing if the program doesn't exist, CommandFailed if it ends with a code that isn't in
    ``accept`` or outlives ``timeout_s``; then its whole process group is killed. A signal to funkqa
    (an exception in this call) kills the group too.
    """
    command = [*enter, *argv]
    env = {**os.environ, **(environment or {}), "LC_ALL": "C.UTF-8"}
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=env,
            pass_fds=pass_fds,
            start_new_session=True,
            encoding="utf-8",
            errors="backslashreplace",
        )
    except FileNotFoundError:
        raise ToolMissing(f"the program {command[0]} is not installed", hint=hint) from None
    except OSError as error:
        raise ToolMissing(f"the program {command[0]} can't be started: {error.strerror}", hint=hint) from error
    try:
        stdout, stderr = child.communicate(stdin or None, timeout=timeout_s)
    except subprocess.TimeoutExpired:
        _kill_group(child)
        raise CommandFailed(
            f"gave no answer within {timeout_s:g} s and was killed",
            where=shlex.join(argv),
            returncode=-signal.SIGKILL,
            output="",
            hint=hint,
        ) from None
    except BaseException:
        _kill_group(child)
        raise
    if child.returncode not in accept:
        output = stderr + stdout
        raise CommandFailed(
            f"ended with {describe_returncode(child.returncode)}\n{last_lines(output)}",
            where=shlex.join(argv),
            returncode=child.returncode,
            output=output,
            hint=hint,
        )
    return Completed(child.returncode, stdout, stderr)


def start(
    argv: Sequence[str],
    *,
    stdin: bool = True,
    errors_too: bool = False,
    environment: Mapping[str, str] | None = None,
    directory: str | None = None,
    executable: str | None = None,
) -> Child:
    """Start ``argv`` in a session of its own, with pipes to its input (unless not ``stdin``) and its output.

    ``errors_too``: standard error goes into the same pipe as output. ``environment``: all that it gets, instead of
    funkqa's own. ``directory`` is where it starts, ``executable`` what runs if not ``argv[0]``.
    Whoever starts it waits for it and closes the pipes.
    """
    return subprocess.Popen(
        argv,
        stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if errors_too else None,
        env=None if environment is None else dict(environment),
        cwd=directory,
        executable=executable,
        start_new_session=True,
    )


def ends_within(child: Child, timeout_s: float) -> bool:
    """Wait for the program's end; False if it is still running after ``timeout_s``."""
    try:
        child.wait(timeout_s)
    except subprocess.TimeoutExpired:
        return False
    return True


def exists(program: str) -> bool:
    """Whether ``program`` is on PATH."""
    return shutil.which(program) is not None


def describe_returncode(returncode: int) -> str:
    """``exit code 3`` or ``signal 9 (SIGKILL)``, from the convention of ``subprocess``."""
    if returncode >= 0:
        return f"exit code {returncode}"
    try:
        name = f" ({signal.Signals(-returncode).name})"
    except ValueError:
        name = ""
    return f"signal {-returncode}{name}"


def last_lines(output: str) -> str:
    """The last lines that say something, indented as part of a message."""
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    return "\n".join(f"  | {line}" for line in lines[-LAST_LINES:])


def _kill_group(child: "subprocess.Popen[str]") -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.communicate()
