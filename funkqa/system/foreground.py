"""Running a program as if funkqa weren't there: with its terminal, descriptors, environment and signals."""

import os
import resource
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

from funkqa.system import limits, starter

FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
"""Signals meant for the program. The terminal's own (SIGINT, SIGQUIT) reach it without help."""

FROM_TERMINAL = (signal.SIGINT, signal.SIGQUIT)


def run(argv: Sequence[str], group: Path) -> int:
    """Start the program in the cgroup, wait for its end, and return its code (negative: the signal that ended it).

    Meanwhile signals are the program's business: this process forwards them, or leaves them to the terminal. What
    was ignored stays ignored, for the program too.
    """
    children: list[subprocess.Popen[bytes]] = []

    def forward(number: int, _frame: FrameType | None) -> None:
        for child in children:
            child.send_signal(number)

    actions = dict.fromkeys(FORWARDED, forward) | dict.fromkeys(FROM_TERMINAL, lambda *_: None)
    before = {
        number: signal.signal(number, action)
        for number, action in actions.items()
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        environment = original_environment()
        path = os.fsdecode(environment.get(b"PATH", os.fsencode(os.defpath)))
        with starter.joining(group, argv, path) as (arguments, executable), limits.usual():
            # A directory, because without one python uses posix_spawn(3), which ignores two of libc's own signals.
            child = subprocess.Popen(arguments, executable=executable, env=environment, close_fds=False, cwd=".")
        children.append(child)
        return children[0].wait()
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


def original_environment() -> dict[bytes, bytes]:
    """As this process was started with: python and bcc add to theirs."""
    entries = Path("/proc/self/environ").read_bytes().split(b"\0")
    return {name: value for name, equals, value in (entry.partition(b"=") for entry in entries) if equals and name}


def die_of(number: int) -> None:
    """End this process by a signal, without a core file of its own."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError):  # SIGKILL has no other action than this
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
