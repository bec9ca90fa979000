"""Sessions in the background: where each keeps its state, and how others talk to it.

``RUN/NAME`` is a folder that only root may enter, with the PID and the socket of ``asking``. The folder is locked
as long as the session lives. Its result and its log lie in ``KEPT``, which outlives a reboot.
"""

import os
import re
import shutil
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from funkqa.model.errors import HostUnfit, LeftChanged, UsageError
from funkqa.system import asking, locks, proc
from funkqa.system.asking import Message, Server

RUN = Path("/run/funkqa/sessions")
KEPT = Path("/var/lib/funkqa/sessions")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}")
ANSWER_TIMEOUT_S = 60.0
"""To mark a step of 100,000 functions takes seconds."""
END_TIMEOUT_S = 120.0
STOPPED, TRACED = "T", "t"


def folder(name: str) -> Path:
    return RUN / name


def result(name: str) -> Path:
    """Where the session writes its result; it stays there if the session dies."""
    return KEPT / f"{name}.funkqa"


def log(name: str) -> Path:
    return KEPT / f"{name}.log"


def names() -> tuple[str, ...]:
    """Sessions that live, and those that died and left something."""
    found = {path.name for path in RUN.glob("*") if path.is_dir()}
    return tuple(sorted(found | {path.stem for path in KEPT.glob("*.funkqa")}))


def lives(name: str) -> bool:
    try:
        return locks.is_owned(folder(name))
    except FileNotFoundError:  # a session that ends removes its folder at any moment
        return False


def check_name(name: str) -> str:
    """Raises UsageError for what can't be a file's name everywhere."""
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name for a session", hint="letters, digits and _.+- only, 64 at most: --name NAME"
        )
    return name


def chosen(name: str | None) -> str:
    """The session of that name, or the only one. Raises UsageError if that isn't clear."""
    every = names()
    if name is not None:
        if name not in every:
            raise UsageError(f"there is no session {name or repr(name)}", hint=_remedy(every))
        return name
    if len(every) != 1:
        raise UsageError(
            "there are several sessions" if every else "there is no session",
            hint=f"name one with --session: {', '.join(every)}" if every else _remedy(every),
        )
    return every[0]


def _remedy(every: tuple[str, ...]) -> str:
    return f"there are: {', '.join(every)}" if every else "begin one: funkqa start PACKAGE"


@contextmanager
def opened(name: str) -> Iterator[Server]:
    """Be the session ``name``. Raises UsageError if there is one of that name already."""
    for kept in (KEPT, RUN):
        _made(kept)
    place = folder(name)
    with ExitStack() as undo:
        with locks.turn(KEPT):  # of two that begin at once one is refused
            _refuse_taken(name)
            shutil.rmtree(place, ignore_errors=True)
            _made(place)
            undo.callback(_remove_empty, RUN, RUN.parent)
            with ExitStack() as unowned:
                unowned.callback(shutil.rmtree, place, ignore_errors=True)
                undo.enter_context(locks.owned(place))
                # Before the lock is given back: whoever sees that it lives no more finds it gone.
                undo.callback(shutil.rmtree, place, ignore_errors=True)
                unowned.pop_all()
        (place / "pid").write_text(f"{os.getpid()}\n")
        listening = undo.enter_context(socket.socket(socket.AF_UNIX))
        listening.bind(str(place / "control"))
        listening.listen()
        yield Server(listening)


def _refuse_taken(name: str) -> None:
    if lives(name):
        raise UsageError(f"a session {name} is alive", hint="give this one another --name")
    if result(name).exists():
        raise UsageError(
            f"an earlier session {name} has ended, and its result is still there",
            where=str(result(name)),
            hint=f"take it: funkqa stop --session {name}; or give this one another --name",
        )


def _made(path: Path) -> None:
    """A folder for root alone, in folders that others may search, whatever the umask. Raises HostUnfit."""
    try:
        for parent in reversed(path.parents):
            parent.mkdir(mode=0o755, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise HostUnfit(
            f"a session has no room for its folder: {error.strerror}",
            where=str(path),
            hint=f"make room there: df -h {path.parent.parent}; df -i {path.parent.parent}",
        ) from error


def ask(name: str, request: Mapping[str, object], timeout_s: float = ANSWER_TIMEOUT_S) -> Message:
    """Send a request to a session that lives and return its answer.

    Raises HostUnfit if there is none: at once if its process is stopped, which then may not do it later either.
    """

    def stopped() -> bool:
        return is_stopped(name)

    try:
        if stopped():
            raise TimeoutError
        return asking.ask(folder(name) / "control", request, timeout_s, stopped)
    except TimeoutError as error:
        raise silent(name, f" within {timeout_s:.0f} s") from error
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else "") or error
        raise silent(name, f": {reason}") from error


def is_stopped(name: str) -> bool:
    """By SIGSTOP: it does nothing until it is continued. Who traces it may let it go on at any moment."""
    return proc.state(pid(name)) == STOPPED


def silent(name: str, how: str) -> HostUnfit:
    """A session that lives, but doesn't answer. Says what its process does."""
    process = pid(name)
    state = proc.state(process)
    end = f"kill -KILL {process}; funkqa stop --session {name}"
    if state == STOPPED:
        return HostUnfit(
            f"the session {name} doesn't answer: its process {process} is stopped (state {state})",
            where=str(log(name)),
            hint=f"let it go on: kill -CONT {process}; or end it without its last step: {end}",
        )
    known = f"; its process is {process}, state {state}" if state else ""
    if state == TRACED and (tracer := proc.tracer(process)):
        return HostUnfit(
            f"the session {name} doesn't answer{how}{known}, traced by process {tracer}",
            where=str(log(name)),
            hint=f"end what traces it: kill {tracer}; or end it without its last step: {end}",
        )
    return HostUnfit(
        f"the session {name} doesn't answer{how}{known}",
        where=str(log(name)),
        hint="it may be about to begin or to end: ask again" + (f"; if it hangs: {end}" if state else ""),
    )


def pid(name: str) -> str:
    with suppress(OSError):
        return (folder(name) / "pid").read_text().strip()
    return ""


def await_end(name: str, timeout_s: float = END_TIMEOUT_S) -> bool:
    """Wait until the session has ended and undone all; False if it is still alive then."""
    deadline = time.monotonic() + timeout_s
    while lives(name):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def forget(name: str) -> None:
    """Remove what is left of a session that has ended, but for its result."""
    shutil.rmtree(folder(name), ignore_errors=True)
    log(name).unlink(missing_ok=True)
    _remove_empty(RUN, RUN.parent, KEPT, KEPT.parent)


def left() -> Iterator[Path]:
    """Remove the folders of sessions that died; yields each when it is gone. Their results stay.

    Raises LeftChanged for one that can't be removed.
    """
    for path in sorted(RUN.glob("*")):
        if not path.is_dir() or lives(path.name):
            continue
        shutil.rmtree(path, ignore_errors=True)
        if path.exists():
            raise LeftChanged("what a session left can't be removed", where=str(path), hint=f"rm -r {path}")
        yield path
    _remove_empty(RUN, RUN.parent)


def _remove_empty(*folders: Path) -> None:
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()
