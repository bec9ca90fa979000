"""Requests to a session that is stopped, hangs, or is kept waiting itself."""

import os
import signal
import socket
import time
from pathlib import Path

import pytest

from funkqa.model.errors import HostUnfit
from funkqa.system import sessions
from tests import small_session


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_session.folders(tmp_path, monkeypatch)


def test_a_stopped_session_is_told_at_once_and_never_does_what_was_given_up() -> None:
    with small_session.living("one") as session:
        session.process.send_signal(signal.SIGSTOP)
        while not sessions.is_stopped("one"):
            time.sleep(0.01)
        began = time.monotonic()
        with pytest.raises(
            HostUnfit, match=rf"its process {session.process.pid} is stopped \(state T\)"
        ) as caught:
            sessions.ask("one", {"do": "mark"})
        assert f"kill -CONT {session.process.pid}" in caught.value.hint
        assert time.monotonic() - began < sessions.ANSWER_TIMEOUT_S / 2
        small_session.gives_up("one", "mark")
        session.process.send_signal(signal.SIGCONT)
        sessions.ask("one", {"do": "status"})
        assert session.done() == ["status"]


def test_who_is_connected_and_says_nothing_keeps_nobody_waiting() -> None:
    with small_session.living("one") as session, socket.socket(socket.AF_UNIX) as silent:
        silent.connect(str(sessions.folder("one") / "control"))
        assert sessions.ask("one", {"do": "status"})["probes"] == 2
        assert session.done() == ["status"]


def test_a_session_that_hangs_is_told_with_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    with small_session.living("one") as session:
        monkeypatch.setattr(sessions, "STOPPED", "")
        session.process.send_signal(signal.SIGSTOP)
        with pytest.raises(
            HostUnfit, match=f"within 0 s; its process is {session.process.pid}, state T"
        ) as caught:
            sessions.ask("one", {"do": "mark"}, 0.1)
        assert f"if it hangs: kill -KILL {session.process.pid}; funkqa stop --session one" in caught.value.hint


def test_a_session_that_is_traced_is_waited_for_and_told_with_its_tracer() -> None:
    with small_session.living(
        "one", "import ctypes; ctypes.CDLL(None).ptrace(0, 0, 0, 0)  # by its parent"
    ) as session:
        process = session.process.pid
        sessions.ask("one", {"do": "status"})
        os.kill(process, signal.SIGUSR1)
        assert os.WIFSTOPPED(os.waitpid(process, 0)[1])
        assert not sessions.is_stopped("one")
        with pytest.raises(HostUnfit) as caught:
            sessions.ask("one", {"do": "status"}, 0.1)
        told = f"doesn't answer within 0 s; its process is {process}, state t, traced by process {os.getpid()}"
        assert caught.value.message == f"the session one {told}"
        assert f"end what traces it: kill {os.getpid()}; " in caught.value.hint
