"""A program in the background: ready, or ended by what interrupts its start."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

from funkqa.model.errors import HostUnfit, Interrupted
from funkqa.system import background

WAITS = "echo $$ >{pid}.new; mv {pid}.new {pid}; exec sleep 1000"


@pytest.fixture(autouse=True)
def interrupting() -> Iterator[None]:
    def interrupt(number: int, _frame: FrameType | None) -> None:
        raise Interrupted(number)

    before = signal.signal(signal.SIGINT, interrupt)
    yield
    signal.signal(signal.SIGINT, before)


def started(folder: Path, script: str) -> str:
    command = ["sh", "-c", script.format(pid=folder / "pid"), "sh", "--"]
    return background.started(command, folder / "log", "--ready")


def interrupted_once_it_runs(folder: Path, script: str) -> None:
    def interrupt() -> None:
        while not (folder / "pid").exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    other = threading.Thread(target=interrupt)
    other.start()
    try:
        started(folder, script)
    finally:
        other.join()


def test_what_it_says_is_told_and_its_output_is_logged(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("before\n")
    script = 'echo "$1 $2"; [ "$2" = -- ] && echo ready >"/dev/fd/${{1#--ready=}}"'
    assert started(tmp_path, script) == "ready\n"
    assert started(tmp_path, "exit 1") == ""
    lines = (tmp_path / "log").read_text().splitlines()
    assert lines[0] == "before"
    assert lines[1].startswith("--ready=")


def test_a_start_that_is_interrupted_ends_what_was_begun(tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        interrupted_once_it_runs(tmp_path, WAITS)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_signal_while_it_is_made_ends_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[subprocess.Popen[bytes]] = []
    child = background._child

    def interrupted(*arguments: object) -> subprocess.Popen[bytes]:
        made.append(child(*arguments))  # type: ignore[arg-type]
        os.kill(os.getpid(), signal.SIGINT)
        return made[0]

    monkeypatch.setattr(background, "_child", interrupted)
    with pytest.raises(Interrupted):
        started(tmp_path, WAITS)
    assert made[0].returncode == -signal.SIGTERM


def test_one_that_doesnt_end_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "UNDO_TIMEOUT_S", 0.1)
    with pytest.raises(HostUnfit) as caught:
        interrupted_once_it_runs(tmp_path, f"trap '' TERM; {WAITS}")
    pid = int((tmp_path / "pid").read_text())
    assert f"its process is {pid}" in caught.value.message
    assert f"kill -KILL {pid}; funkqa restore" in caught.value.hint
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
