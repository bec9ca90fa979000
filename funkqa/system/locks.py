"""Who is alive: flock(2) locks, which the kernel gives back however their holder ends.

Unlike a PID in a name, a lock is never another process's by accident: PIDs are used again, and differ between
PID namespaces.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from funkqa.model.errors import HostUnfit

SESSIONS = Path("/run/funkqa.lock")
"""Every session shares a lock on it; ``funkqa restore`` wants it for itself."""


@contextmanager
def session(path: Path = SESSIONS) -> Iterator[None]:
    """Be a live session. Waits while ``alone`` is held, which is short. Raises HostUnfit without the rights."""
    with _opened(path) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield


@contextmanager
def alone(path: Path = SESSIONS) -> Iterator[None]:
    """Keep sessions from beginning. Raises HostUnfit, which names their PIDs, if there are any."""
    with _opened(path) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Beside(holders(path)) from None
        yield


@contextmanager
def turn(folder: Path) -> Iterator[None]:
    """Do something that only one process may do at a time; others wait for it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def owned(path: Path) -> Iterator[int]:
    """Mark a directory or file as in use by this process; a descriptor of it."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield descriptor
    finally:
        os.close(descriptor)


def is_owned(path: Path) -> bool:
    """Whether a live process, in whatever namespace, has marked it as in use."""
    with unowned(path) as nobody:
        return not nobody


@contextmanager
def unowned(path: Path) -> Iterator[bool]:
    """Whether no live process has marked it as in use; if so, who wants to do that waits for the end."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def remove_unowned(path: Path) -> bool:
    """Remove a file unless a live process has marked it as in use; whether it is gone.

    Who waits for the lock meanwhile gets that of a file without a name.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return not os.path.lexists(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_ino != os.lstat(path).st_ino:
            return False  # another file by now, whose lock this isn't
        os.unlink(path)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def holders(path: Path) -> tuple[int, ...]:
    """PIDs of those who hold a lock on it, as far as this PID namespace knows them (proc_locks(5))."""
    facts = os.stat(path)
    wanted = f"{os.major(facts.st_dev):02x}:{os.minor(facts.st_dev):02x}:{facts.st_ino}"
    lines = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    # Those who wait for a lock stand below it, marked by "->".
    return tuple(
        sorted({int(line[4]) for line in lines if line[1] == "FLOCK" and line[5] == wanted and int(line[4]) > 0})
    )


class Beside(HostUnfit):
    """The refusal to restore beside those who are alive, as far as this PID namespace knows them."""

    def __init__(self, pids: tuple[int, ...]) -> None:
        named = f"PID {', '.join(map(str, pids))}" if pids else "in another PID namespace, such as a container"
        end = f"kill {' '.join(map(str, pids))}" if pids else "look there"
        super().__init__(f"a session of funkqa is alive ({named})", hint=f"wait until it ends, or end it: {end}")
        self.pids = pids


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    try:
        # Nobody else may open it: any lock, a reader's too, would keep sessions or restore waiting.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise HostUnfit(
            f"can't open the lock of sessions: {error.strerror}", where=str(path), hint="run as root"
        ) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)
