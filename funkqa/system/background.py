"""A program that goes on in the background when whoever started it has gone."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from funkqa.model.errors import HostUnfit
from funkqa.system import process, signals

UNDO_TIMEOUT_S = 60.0
"""How long what was begun may take to undo itself, while no signal ends the waiting."""


def started(argv: Sequence[str], log: Path, option: str) -> str:
    """Start ``argv`` in a session of its own, without a terminal; what it says when it is ready, or nothing.

    ``option`` names the one by which it gets the descriptor to say it on. Its output goes to the end of ``log``.
    After a signal it is ended. Raises HostUnfit if it doesn't end then.
    """
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    reader, writer = os.pipe()
    child: process.Child | None = None
    with os.fdopen(reader, "r", errors="replace") as ready:
        try:
            with signals.held_back():  # there is no child that nobody knows of
                try:
                    child = _child(argv, log, f"{option}={writer}", writer)
                finally:
                    os.close(writer)
            return ready.readline()
        except BaseException as error:
            if child is not None:
                _end(child, error)
            raise


def _child(argv: Sequence[str], log: Path, option: str, writer: int) -> process.Child:
    with open(log, "ab") as output:
        return subprocess.Popen(
            [*argv[: argv.index("--")], option, *argv[argv.index("--") :]],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=[writer],
            start_new_session=True,
            cwd="/",
        )


def _end(child: process.Child, reason: BaseException) -> None:
    child.terminate()
    if not process.ends_within(child, UNDO_TIMEOUT_S):
        raise HostUnfit(
            f"what was begun doesn't end: its process is {child.pid}",
            hint=f"end it, and remove what it leaves: kill -KILL {child.pid}; funkqa restore",
        ) from reason
