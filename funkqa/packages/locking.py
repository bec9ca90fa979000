"""Who else is installing packages: fcntl(2) locks of rpm and dnf5, which a second one fails by or waits for."""

import contextlib
import fcntl
import os
import struct
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from funkqa.model.errors import PackageError
from funkqa.model.place import Place

LOCK_TIMEOUT_S = 20.0
REMEDY = "wait until the program that holds the lock ends, then run again"
POLL_S = 0.2
_FLOCK = "hhqqi4x"
"""``struct flock``: type, whence, start, length, PID (<bits/fcntl.h> of 64-bit machines)."""


def timeout_s() -> float:
    """How long to wait for another one: zypper's own variable, which is heeded for the others too."""
    with contextlib.suppress(ValueError):
        return float(os.environ.get("ZYPP_LOCK_TIMEOUT", LOCK_TIMEOUT_S))
    return LOCK_TIMEOUT_S


def await_unlocked(place: Place, paths: Sequence[str]) -> None:
    """Wait until nobody holds a lock on these files of the place.

    Without this rpm fails at once, and dnf5 waits for ever or ends with nothing but "Rpm transaction failed".
    Raises PackageError with the one who holds it.
    """
    deadline = time.monotonic() + timeout_s()
    while held := _held(place, paths):
        if time.monotonic() >= deadline:
            path, holder = held
            raise PackageError(f"{path} is locked by {holder}", hint=REMEDY)
        time.sleep(POLL_S)


@contextlib.contextmanager
def held(place: Place, path: str) -> Iterator[None]:
    """Share rpm's own lock, the file ``path``, so that nobody installs, updates or removes a package meanwhile.

    Raises PackageError if somebody else does just that.
    """
    file = place.path(path)
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise PackageError(f"rpm's lock can't be opened: {error.strerror}", where=path) from error
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise PackageError(f"{path} is locked by {_holder(file)}", hint=REMEDY) from error
    try:
        yield
    finally:
        os.close(descriptor)


def _held(place: Place, paths: Sequence[str]) -> tuple[str, str] | None:
    for path in paths:
        if holder := _holder(place.path(path)):
            return path, holder
    return None


def _holder(path: Path) -> str:
    """``process 812 (dnf5)``; empty if nobody locks the file."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        kind, _, _, _, pid = struct.unpack(_FLOCK, fcntl.fcntl(descriptor, fcntl.F_GETLK, asked))
    finally:
        os.close(descriptor)
    return "" if kind == fcntl.F_UNLCK else f"process {pid} ({_name(pid)})" if pid else "another process"


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return "which has ended"
