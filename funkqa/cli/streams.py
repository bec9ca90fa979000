"""Standard output and error that are closed, full, or read by nobody."""

import errno
import os
import sys
from typing import TextIO

from funkqa.model.errors import FunkqaError

STANDARD = (0, 1, 2)
UNWRITTEN = (errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT, errno.EBADF)
"""What write(2) says of a full disk or a closed descriptor; where a file is opened, the error has its name."""


def fill_closed() -> None:
    """Let /dev/null stand for what is closed: another file would get its number, and what is meant for it.

    Programs that are started still find it closed. Standard output can't be written to, so that nobody believes
    that what was asked for is somewhere.
    """
    for number in STANDARD:
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDONLY if number == 1 else os.O_RDWR)  # the lowest number that is free
    if sys.stdout is None:
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115


def coloured(stream: TextIO) -> bool:
    """Whether colours are wanted there: on a terminal that has them, without NO_COLOR (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def discard_unwritten() -> None:
    """Drop what couldn't be written: Python would try again at its end, and complain."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:  # a broken pipe too
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)


def remark(text: str) -> None:
    """Print what is beside the point: what was asked for is done, whether this can be written or not."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        raise
    except OSError:
        discard_unwritten()


def fault(error: OSError) -> FunkqaError:
    """What the system refused, as users see it."""
    discard_unwritten()
    reason = error.strerror or str(error)
    if error.filename is None and error.errno in UNWRITTEN:
        return FunkqaError(f"the output can't be written: {reason}")
    if error.filename is None:
        return FunkqaError(f"the system refused what funkqa needs: {reason}")
    name = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else str(error.filename)
    return FunkqaError(f"the system refused it: {reason}", where=name)
