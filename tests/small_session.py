"""A session that measures nothing: a process with the folder, the lock and the socket of a real one."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import click
import pytest
from click.testing import CliRunner, Result

from funkqa.model.errors import FunkqaError
from funkqa.system import asking, host, sessions

SERVES = """\
import os, sys, time
from pathlib import Path
from funkqa.system import asking, sessions
sessions.RUN, sessions.KEPT = Path(sys.argv[1]), Path(sys.argv[2])
asking.REQUEST_TIMEOUT_S = 0.2
with sessions.opened(sys.argv[3]) as server:
    print("ready", flush=True)
    for request, connection in server.requests():
        print(request["do"], flush=True)
        exec(sys.argv[4])
        state = {"entered": 1, "probes": 2, "steps": 1, "step": "start", "began": time.time()}
        asking.answer(connection, state)
        if request["do"] == "stop":
            break
"""
TIMEOUT_S = 60
ROOT = Path(__file__).resolve().parents[1]


class SmallSession(NamedTuple):
    name: str
    process: "subprocess.Popen[str]"

    def done(self) -> list[str]:
        """Stop it; the requests that it has answered before."""
        sessions.ask(self.name, {"do": "stop"})
        said, _ = self.process.communicate(timeout=TIMEOUT_S)
        return said.split()[:-1]


def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions have folders of the test's own, which its user may write to."""
    monkeypatch.setattr(sessions, "RUN", tmp_path / "run" / "sessions")
    monkeypatch.setattr(sessions, "KEPT", tmp_path / "lib" / "sessions")
    monkeypatch.setattr(host, "is_root", lambda: True)


def funkqa(command: click.Command, *arguments: str | Path) -> Result:
    result = CliRunner().invoke(command, [str(each) for each in arguments])
    if isinstance(result.exception, FunkqaError):
        raise result.exception
    return result


@contextmanager
def living(name: str, asked: str = "") -> Iterator[SmallSession]:
    """``asked`` is Python that the session executes before it answers a request."""
    command = [sys.executable, "-c", SERVES, str(sessions.RUN), str(sessions.KEPT), name, asked]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield SmallSession(name, process)
        finally:
            process.kill()


def gives_up(name: str, request: str) -> None:
    """Ask, and be gone before there is an answer."""
    with pytest.raises(TimeoutError):
        asking.ask(sessions.folder(name) / "control", {"do": request}, TIMEOUT_S, lambda: True)
