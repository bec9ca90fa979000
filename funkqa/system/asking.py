"""Requests to a session and its answers: each a line of JSON on a socket (unix(7))."""

import json
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

MOST_BYTES = 1 << 16
REQUEST_TIMEOUT_S = 5.0
"""How long a session waits for a request from who is connected: others wait behind it."""

_POLL_S = 0.25

Message = dict[str, Any]


class Server:
    """The session's end of the socket."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening

    def requests(self) -> Iterator[tuple[Message, socket.socket]]:
        """Each request, with the connection to ``answer`` on.

        One whose asker has given up meanwhile is none: it was told that there is no answer.
        """
        while True:
            connection, _ = self._listening.accept()
            with connection, suppress(OSError, ValueError):
                connection.settimeout(REQUEST_TIMEOUT_S)
                request = _read(connection, REQUEST_TIMEOUT_S)
                if _waits(connection):
                    yield request, connection


def answer(connection: socket.socket, message: Mapping[str, object]) -> None:
    """Send one answer; whoever asked may have gone."""
    with suppress(OSError):
        connection.sendall(json.dumps(message).encode() + b"\n")


def ask(control: Path, request: Mapping[str, object], timeout_s: float, hopeless: Callable[[], bool]) -> Message:
    """The answer to a request. Raises OSError or ValueError if there is none.

    That is TimeoutError if it takes longer than ``timeout_s``, or if it is ``hopeless`` to wait.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_POLL_S)
        connection.connect(str(control))
        connection.sendall(json.dumps(request).encode() + b"\n")
        return _read(connection, timeout_s, hopeless)


def _waits(connection: socket.socket) -> bool:
    """Whether somebody still holds the other end."""
    connection.setblocking(False)
    try:
        return connection.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    finally:
        connection.settimeout(REQUEST_TIMEOUT_S)


def _read(connection: socket.socket, timeout_s: float, hopeless: Callable[[], bool] = lambda: False) -> Message:
    deadline = time.monotonic() + timeout_s
    received = b""
    while not received.endswith(b"\n"):
        if len(received) > MOST_BYTES:
            raise ValueError("the message is too long")
        try:
            chunk = connection.recv(4096)
        except TimeoutError:
            if time.monotonic() > deadline or hopeless():
                raise
            continue
        if not chunk:
            raise ValueError("the connection broke")
        received += chunk
    message = json.loads(received)
    if not isinstance(message, dict):
        raise ValueError("it is no object")
    return message
