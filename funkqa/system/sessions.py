"""Sessions in the background: where each keeps its state, and how others talk to it.

``RUN/NAME`` is a folder that only root may enter, with the PID and a socket (unix(7)) on which a request is a line
of JSON and so is its answer. The folder is locked as long as the session lives. Its result and its log lie in
``KEPT``, which outlives a reboot.
"""

import json
import os
import re
import shutil
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from funkqa.model.errors import HostUnfit, UsageError
from funkqa.system import locks

RUN = Path("/run/funkqa/sessions")
KEPT = Path("/var/lib/funkqa/sessions")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}")
MOST_BYTES = 1 << 16
ANSWER_TIMEOUT_S = 120.0
END_TIMEOUT_S = 120.0

Message = dict[str, Any]


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
    return folder(name).is_dir() and locks.is_owned(folder(name))


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
            raise UsageError(f"there is no session {name}", hint=_remedy(every))
        return name
    if len(every) != 1:
        raise UsageError(
            "there are several sessions" if every else "there is no session",
            hint=f"name one with --session: {', '.join(every)}" if every else _remedy(every),
        )
    return every[0]


def _remedy(every: tuple[str, ...]) -> str:
    return f"there are: {', '.join(every)}" if every else "begin one: funkqa start PACKAGE"


class Server:
    """The session's end of the socket."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening

    def requests(self) -> Iterator[tuple[Message, socket.socket]]:
        """Each request, with the connection to ``answer`` on."""
        while True:
            connection, _ = self._listening.accept()
            with connection, suppress(OSError, ValueError):
                connection.settimeout(ANSWER_TIMEOUT_S)
                yield _read(connection), connection


def answer(connection: socket.socket, message: Mapping[str, object]) -> None:
    """Send one answer; whoever asked may have gone."""
    with suppress(OSError):
        connection.sendall(json.dumps(message).encode() + b"\n")


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
            undo.callback(shutil.rmtree, place, ignore_errors=True)
            undo.enter_context(locks.owned(place))
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
            f"a session {name} died, and its result is still there",
            where=str(result(name)),
            hint=f"take it: funkqa stop --session {name}",
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


def ask(name: str, request: Mapping[str, object]) -> Message:
    """Send a request to a session that lives and return its answer. Raises HostUnfit if there is none."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(ANSWER_TIMEOUT_S)
            connection.connect(str(folder(name) / "control"))
            connection.sendall(json.dumps(request).encode() + b"\n")
            return _read(connection)
    except (OSError, ValueError) as error:
        raise HostUnfit(
            f"the session {name} doesn't answer: {error}",
            where=str(log(name)),
            hint=f"it may be about to end; if it hangs: kill {pid(name)}" if pid(name) else "funkqa status",
        ) from error


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
    """Remove the folders of sessions that died; yields each when it is gone. Their results stay."""
    for path in sorted(RUN.glob("*")):
        if path.is_dir() and not locks.is_owned(path):
            shutil.rmtree(path)
            yield path
    _remove_empty(RUN, RUN.parent)


def _remove_empty(*folders: Path) -> None:
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()


def _read(connection: socket.socket) -> Message:
    received = b""
    while not received.endswith(b"\n"):
        chunk = connection.recv(4096)
        if not chunk or len(received) > MOST_BYTES:
            raise ValueError("the connection broke")
        received += chunk
    message = json.loads(received)
    if not isinstance(message, dict):
        raise ValueError("it is no object")
    return message
