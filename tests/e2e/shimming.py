"""A program whose ways to start are tried twice: plain, and behind a shim of a session."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from funkqa.model.measurement import Measurement
from funkqa.store.reader import read_result
from funkqa.system import sessions

TIMEOUT_S = 60


def funkqa(*arguments: str | Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "funkqa", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


@contextmanager
def shimmed(name: str, *elves: Path) -> Iterator[None]:
    """A session with a shim in front of each program."""
    funkqa("start", "--shim", *elves, "--name", name)
    try:
        yield
    except BaseException:
        if sessions.lives(name):
            os.kill(int(sessions.pid(name)), signal.SIGTERM)
            sessions.await_end(name)
        raise


def stopped(name: str, result: Path) -> Measurement:
    funkqa("stop", "--session", name, "-o", result, "-q")
    return read_result(result)
