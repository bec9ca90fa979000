"""The cache of debug files: bounded, whole, and shared by processes."""

import os
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path
from threading import Event, Thread

import pytest

from funkqa.debuginfo.cache import SERVERS, Cache, Kept, Kind, bound
from funkqa.model.errors import FunkqaError, UsageError
from funkqa.model.plan import DebugFileStatus
from funkqa.model.units import BuildId
from funkqa.system import host, locks

FIRST, SECOND, THIRD = (BuildId(digit * 40) for digit in "123")
CONTENT = b"debug" * 1000


def keep(directory: Path, build_id: BuildId, content: bytes = CONTENT, package: str = "a-1-1.x86_64") -> Kept:
    with ExitStack() as undo:
        return Cache(directory, undo).keep(
            build_id, Kind.DEBUG, lambda path: path.write_bytes(content), DebugFileStatus.DOWNLOADED, package
        )


def taken(directory: Path, build_id: BuildId) -> Kept | None:
    with ExitStack() as undo:
        return Cache(directory, undo).take(build_id, Kind.DEBUG)


def used_at(kept: Kept, seconds: int) -> None:
    os.utime(kept.path, (seconds, seconds))


def size(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def test_what_is_kept_is_taken_again_with_where_it_came_from(tmp_path: Path) -> None:
    kept = keep(tmp_path, FIRST)
    assert taken(tmp_path, FIRST) == kept == Kept(kept.path, DebugFileStatus.DOWNLOADED, "a-1-1.x86_64")
    assert kept.path.read_bytes().startswith(CONTENT)
    assert taken(tmp_path, SECOND) is None


@pytest.mark.parametrize("at", [0, 1234, len(CONTENT) - 1, len(CONTENT) + 3, len(CONTENT) + 20, -2])
def test_a_byte_that_changed_anywhere_is_noticed(tmp_path: Path, at: int) -> None:
    path = keep(tmp_path, FIRST).path
    content = bytearray(path.read_bytes())
    content[at] ^= 0x01
    path.write_bytes(content)
    assert taken(tmp_path, FIRST) is None
    keep(tmp_path, FIRST)
    assert taken(tmp_path, FIRST) is not None


@pytest.mark.parametrize("content", [b"", b"\n#funkqa/cache/1 ", b"\n#funkqa/cache/1 00000000 0 nowhere \n"])
def test_a_file_without_a_seal_is_not_taken(tmp_path: Path, content: bytes) -> None:
    keep(tmp_path, FIRST).path.write_bytes(content)
    assert taken(tmp_path, FIRST) is None


@pytest.mark.parametrize("cut", [1, 40, 2000])
def test_a_file_that_was_cut_off_or_grew_is_not_taken(tmp_path: Path, cut: int) -> None:
    path = keep(tmp_path, FIRST).path
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    assert taken(tmp_path, FIRST) is None
    path.write_bytes(whole + bytes(cut))
    assert taken(tmp_path, FIRST) is None


def test_the_least_recently_used_files_go_first(tmp_path: Path) -> None:
    kept = [keep(tmp_path, build_id) for build_id in (FIRST, SECOND, THIRD)]
    for number, each in enumerate(kept):
        used_at(each, 1000 + number)
    assert taken(tmp_path, FIRST)  # now it is the last one used
    one = kept[0].path.stat().st_size
    bound(tmp_path, 2 * one)
    assert [each.path.exists() for each in kept] == [True, False, True]
    bound(tmp_path, one)
    assert [each.path.exists() for each in kept] == [True, False, False]
    bound(tmp_path, one - 1)
    assert size(tmp_path) == 0


def test_a_file_in_use_stays_however_small_the_cache_is(tmp_path: Path) -> None:
    keep(tmp_path, FIRST)
    keep(tmp_path, SECOND)
    with ExitStack() as undo:
        first = Cache(tmp_path, undo).take(FIRST, Kind.DEBUG)
        third = Cache(tmp_path, undo).keep(
            THIRD, Kind.DEBUG, lambda path: path.write_bytes(CONTENT), DebugFileStatus.MERGED
        )
        bound(tmp_path, 0)
        assert first
        assert first.path.exists()
        assert third.path.exists()
        assert taken(tmp_path, SECOND) is None
    bound(tmp_path, 0)
    assert size(tmp_path) == 0


def test_what_the_client_of_debuginfod_left_counts_and_goes_too(tmp_path: Path) -> None:
    left = tmp_path / SERVERS / FIRST / "debuginfo.part"
    left.parent.mkdir(parents=True)
    left.write_bytes(CONTENT)
    bound(tmp_path, len(CONTENT))
    assert left.exists()
    bound(tmp_path, len(CONTENT) - 1)
    assert not left.exists()


def test_unfinished_files_of_others_stay(tmp_path: Path) -> None:
    with ExitStack() as undo, Cache(tmp_path, undo).scratch() as scratch:
        scratch.write_bytes(CONTENT)
        bound(tmp_path, 0)
        assert scratch.exists()
    assert not scratch.exists()


def test_a_file_that_is_removed_while_its_lock_is_awaited_is_not_there(tmp_path: Path) -> None:
    path = keep(tmp_path, FIRST).path
    found: list[Kept | None] = []
    waits = Event()

    def take() -> None:
        waits.set()
        found.append(taken(tmp_path, FIRST))

    thread = Thread(target=take)
    with exclusively(path):
        thread.start()
        assert waits.wait(60)
        path.unlink()
    thread.join()
    assert found == [None]


class exclusively:  # noqa: N801 - reads as a clause
    """Hold the lock as the one who removes does."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        import fcntl

        self.stream = self.path.open("rb")
        fcntl.flock(self.stream, fcntl.LOCK_EX)

    def __exit__(self, *reason: object) -> None:
        self.stream.close()


def churn(directory: Path) -> None:
    """Keep, take and remove what the other processes keep, take and remove."""
    for number in range(60):
        build_id = (FIRST, SECOND, THIRD)[number % 3]
        with ExitStack() as undo:
            cache = Cache(directory, undo)
            kept = cache.take(build_id, Kind.DEBUG) or cache.keep(
                build_id, Kind.DEBUG, lambda path: path.write_bytes(CONTENT), DebugFileStatus.MERGED
            )
            bound(directory, len(CONTENT))
            assert kept.path.read_bytes().startswith(CONTENT)


def test_processes_that_keep_and_remove_at_once_always_have_what_they_took(tmp_path: Path) -> None:
    processes = [get_context("fork").Process(target=churn, args=(tmp_path,)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    assert not list(tmp_path.rglob(".new-*"))
    bound(tmp_path, 0)
    assert size(tmp_path) == 0


def test_what_cannot_be_written_is_told_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "11").write_text("a file where a directory must be")
    with pytest.raises(FunkqaError, match="cache of debug files can't be written") as caught:
        keep(tmp_path, FIRST)
    assert "FUNKQA_CACHE=DIR" in caught.value.hint


def test_a_marked_file_is_not_removed_and_an_absent_one_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert locks.remove_unowned(path)
    path.touch()
    with locks.owned(path):
        assert not locks.remove_unowned(path)
    assert locks.remove_unowned(path)
    assert not path.exists()


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("", 5 << 30),
        ("0", 0),
        ("1000", 1000),
        ("500M", 500 << 20),
        ("2G", 2 << 30),
        ("1GiB", 1 << 30),
        ("3k", 3072),
    ],
)
def test_the_size_of_the_cache_is_read_with_units(monkeypatch: pytest.MonkeyPatch, text: str, size: int) -> None:
    monkeypatch.setenv("FUNKQA_CACHE_SIZE", text)
    assert host.cache_bytes() == size


@pytest.mark.parametrize("text", ["much", "-1", "1.5G", "2 G", "5P"])
def test_a_size_that_is_none_is_a_usage_error(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("FUNKQA_CACHE_SIZE", text)
    with pytest.raises(UsageError, match="is no size"):
        host.cache_bytes()
