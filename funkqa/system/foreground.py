"""Running a program as if funkqa weren't there: with its terminal, its descriptors and its signals."""

import os
import resource
import signal
import subprocess
from collections.abc import Sequence
from types import FrameType

FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
"""Signals meant for the program. The terminal's own (SIGINT, SIGQUIT) reach it without help."""

FROM_TERMINAL = (signal.SIGINT, signal.SIGQUIT)


def run(argv: Sequence[str]) -> int:
    """Start the program, wait for its end, and return its code (negative: the signal that ended it).

    Meanwhile signals are the program's business: this process forwards them, or leaves them to the terminal.
    """
    children: list[subprocess.Popen[bytes]] = []

    def forward(number: int, _frame: FrameType | None) -> None:
        for child in children:
            child.send_signal(number)

    before = {number: signal.signal(number, forward) for number in FORWARDED}
    before |= {number: signal.signal(number, lambda *_: None) for number in FROM_TERMINAL}
    try:
        children.append(subprocess.Popen(argv))
        return children[0].wait()
    finally:
        for number, action in before.items():
            signal.signal(number, action)


def die_of(number: int) -> None:
    """End this process by a signal, without a core file of its own."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
