"""Signals that end funkqa, kept waiting while something must not be left half done."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def held_back() -> Iterator[None]:
    """What is done here takes bounded time, and is done as a whole; a signal that came meanwhile is raised after.

    After a fault it isn't: that ends as much, and says why. Only for the main thread, where Python's handlers run:
    a mask (pthread_sigmask(3)) would be that thread's alone, so that another one got the signal, and would be
    inherited by programs that are started.
    """
    came: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _frame: came.append(number))
        for number in ENDING
        if signal.getsignal(number) not in (signal.SIG_IGN, None)
    }
    try:
        yield
    finally:
        for number, action in before.items():
            signal.signal(number, action)
    if came:
        signal.raise_signal(came[0])
