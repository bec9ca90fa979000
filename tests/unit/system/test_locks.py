"""Locks are given back however their holder ends."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from funkqa.model.errors import HostUnfit
from funkqa.system import locks

HOLDS = """\
import sys
from pathlib import Path
from funkqa.system import locks
with locks.{kind}(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(kind: str, path: Path) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", HOLDS.format(kind=kind), str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_live_session_is_named_by_its_pid(tmp_path: Path) -> None:
    with (
        holder("session", tmp_path / "lock") as process,
        pytest.raises(HostUnfit, match=f"PID {process.pid}"),
        locks.alone(tmp_path / "lock"),
    ):
        pytest.fail("it was alone")


def test_sessions_share(tmp_path: Path) -> None:
    with holder("session", tmp_path / "lock") as process, locks.session(tmp_path / "lock"):
        assert len(locks.holders(tmp_path / "lock")) == 2
        assert process.pid in locks.holders(tmp_path / "lock")


def test_a_killed_session_is_none(tmp_path: Path) -> None:
    with holder("session", tmp_path / "lock") as process:
        process.kill()
        process.wait()
        with locks.alone(tmp_path / "lock"):
            pass


def test_nobody_else_may_open_the_lock_of_sessions(tmp_path: Path) -> None:
    with locks.session(tmp_path / "lock"):
        assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600


def test_a_directory_is_owned_as_long_as_its_owner_lives(tmp_path: Path) -> None:
    assert not locks.is_owned(tmp_path)
    with holder("owned", tmp_path) as process:
        assert locks.is_owned(tmp_path)
        assert locks.holders(tmp_path) == (process.pid,)
        process.kill()
        process.wait()
        assert not locks.is_owned(tmp_path)
