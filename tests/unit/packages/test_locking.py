"""Locks that another program holds."""

import fcntl
import multiprocessing
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from funkqa.model.errors import PackageError
from funkqa.model.place import Place
from funkqa.packages.locking import await_unlocked, timeout_s


def hold(path: Path, holding: Event, enough: Event) -> None:
    with path.open("w") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        holding.set()
        enough.wait()


@contextmanager
def locked(path: Path) -> Iterator[tuple[int, Event]]:
    """The PID of a process that holds the lock until the event."""
    context = multiprocessing.get_context("fork")
    holding, enough = context.Event(), context.Event()
    holder = context.Process(target=hold, args=(path, holding, enough))
    holder.start()
    holding.wait()
    assert holder.pid is not None
    try:
        yield holder.pid, enough
    finally:
        enough.set()
        holder.join()


def test_files_that_nobody_locks_or_that_are_not_there_are_free(tmp_path: Path) -> None:
    (tmp_path / "lock").touch()
    await_unlocked(Place(tmp_path), ("/lock", "/none"))


def test_who_holds_the_lock_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZYPP_LOCK_TIMEOUT", "0")
    with locked(tmp_path / "lock") as (pid, _), pytest.raises(PackageError) as caught:
        await_unlocked(Place(tmp_path), ("/lock",))
    assert caught.value.message.startswith(f"/lock is locked by process {pid} (")


def test_a_lock_that_is_given_back_in_time_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZYPP_LOCK_TIMEOUT", "60")
    with locked(tmp_path / "lock") as (_, enough):
        threading.Timer(0.1, enough.set).start()
        await_unlocked(Place(tmp_path), ("/lock",))


@pytest.mark.parametrize(("value", "seconds"), [(None, 20.0), ("3", 3.0), ("soon", 20.0)])
def test_the_time_to_wait_is_zyppers(monkeypatch: pytest.MonkeyPatch, value: str | None, seconds: float) -> None:
    monkeypatch.delenv("ZYPP_LOCK_TIMEOUT", raising=False)
    if value is not None:
        monkeypatch.setenv("ZYPP_LOCK_TIMEOUT", value)
    assert timeout_s() == seconds
