"""Work in a child: its rows, its end before its time, and that nothing of it stays."""

import ctypes
import os
import signal
import time
from collections.abc import Iterator

import pytest

from funkqa.model.errors import ElfError
from funkqa.system import apart
from funkqa.system.apart import BATCH, Row, rows

ROOM = 1 << 28


def has_children() -> bool:
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return False
    return True


def test_rows_come_in_their_order_from_another_process() -> None:
    made = list(rows(lambda: ((number, f"{number}", os.getpid()) for number in range(3 * BATCH + 7)), "it", ROOM))
    assert [(number, text) for number, text, _ in made] == [(n, f"{n}") for n in range(3 * BATCH + 7)]
    (child,) = {pid for _, _, pid in made}
    assert child != os.getpid()
    assert not has_children()


def test_no_rows_are_no_fault() -> None:
    assert list(rows(lambda: (), "it", ROOM)) == []


def test_a_crash_is_an_error_that_names_who_crashed_and_how() -> None:
    def crash() -> Iterator[Row]:
        yield from ((number,) for number in range(BATCH))
        ctypes.string_at(0)

    made = rows(crash, "libx", ROOM)
    assert [next(made) for _ in range(BATCH)] == [(number,) for number in range(BATCH)]
    with pytest.raises(ElfError, match=r"^libx can't read it: it ended with signal 11 \(SIGSEGV\)$"):
        next(made)
    assert not has_children()


def test_what_the_work_finds_is_told_in_its_words() -> None:
    def refuse() -> Iterator[Row]:
        raise ElfError("it has no DWARF")
        yield ()

    with pytest.raises(ElfError, match=r"^it has no DWARF$"):
        list(rows(refuse, "it", ROOM))


def test_a_program_that_ends_by_itself_is_an_error_too() -> None:
    def leave() -> Iterator[Row]:
        os._exit(7)
        yield ()

    with pytest.raises(ElfError, match="it ended with exit code 7"):
        list(rows(leave, "it", ROOM))


def test_more_memory_than_it_may_have_ends_it_without_a_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ElfError, match="it ended with exit code 1"):
        list(rows(lambda: ((len(bytes(4 * ROOM)),) for _ in range(1)), "it", ROOM))
    assert capfd.readouterr().err == ""


def test_work_without_an_end_is_killed_by_its_cpu_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def spin() -> Iterator[Row]:
        while True:
            pass
        yield ()

    monkeypatch.setattr(apart, "MOST_CPU_S", 1)
    with pytest.raises(ElfError, match="SIGXCPU"):
        list(rows(spin, "it", ROOM))


def test_whoever_wants_no_more_rows_leaves_no_process() -> None:
    def endless() -> Iterator[Row]:
        while True:
            yield (1,)
            time.sleep(0)

    some = rows(endless, "it", ROOM)
    assert next(some) == (1,)
    some.close()  # type: ignore[attr-defined]
    assert not has_children()


def test_signals_that_this_process_waits_for_end_the_child() -> None:
    def told() -> Iterator[Row]:
        yield (
            signal.getsignal(signal.SIGINT) is signal.SIG_DFL,
            signal.getsignal(signal.SIGTERM) is signal.SIG_DFL,
        )

    assert list(rows(told, "it", ROOM)) == [(True, True)]
