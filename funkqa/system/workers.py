"""One function for many values, on all processors."""

import ctypes
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

Value = TypeVar("Value")
Answer = TypeVar("Answer")

FEW = 32
"""So many values and less aren't worth other processes, unless each is a piece of its own."""

_MOST_PROCESSES = 8
_PR_SET_PDEATHSIG = 1


def answers(function: Callable[[Value], Answer], values: Sequence[Value], *, piece: int = 16) -> Iterator[Answer]:
    """``map``, in processes that end with this one, however it ends; they take ``piece`` values at a time.

    The function is one of a module, and values and answers can be pickled. Raises what the function raises.
    """
    processes = min(len(os.sched_getaffinity(0)), _MOST_PROCESSES)
    if processes == 1 or len(values) <= (FEW if piece > 1 else 1):
        yield from map(function, values)
        return
    context = get_context("fork")
    with ProcessPoolExecutor(processes, context, initializer=_end_with, initargs=(os.getpid(),)) as pool:
        try:
            yield from pool.map(function, values, chunksize=piece)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _end_with(parent: int) -> None:
    """A signal is the parent's business; should it be killed, so is this process."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
