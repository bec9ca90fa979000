"""A program that goes on in the background when whoever started it has gone."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path


def started(argv: Sequence[str], log: Path, option: str) -> str:
    """Start ``argv`` in a session of its own, without a terminal; what it says when it is ready, or nothing.

    ``option`` names the one by which it gets the descriptor to say it on. Its output goes to the end of ``log``.
    """
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    reader, writer = os.pipe()
    try:
        with open(log, "ab") as output:
            child = subprocess.Popen(
                [*argv[: argv.index("--")], f"{option}={writer}", *argv[argv.index("--") :]],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=[writer],
                start_new_session=True,
                cwd="/",
            )
    finally:
        os.close(writer)
    with os.fdopen(reader, "r", errors="replace") as ready:
        try:
            return ready.readline()
        except BaseException:  # a signal: what was begun is undone
            child.terminate()
            child.wait()
            raise
