"""Signals that come while something must not be left half done."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from types import FrameType

import pytest

from funkqa.model.errors import Interrupted
from funkqa.system import signals


@pytest.fixture(autouse=True)
def interrupting() -> Iterator[None]:
    def interrupt(number: int, _frame: FrameType | None) -> None:
        raise Interrupted(number)

    before = {number: signal.signal(number, interrupt) for number in signals.ENDING}
    yield
    for number, action in before.items():
        signal.signal(number, action)


def whole(happens: Callable[[], object], done: list[str], fault: str = "") -> None:
    """Something in two parts, and what happens between them."""
    with signals.held_back():
        happens()
        if fault:
            raise OSError(fault)
        done.append("second part")


@pytest.mark.parametrize("number", signals.ENDING)
def test_a_signal_is_raised_when_what_must_be_whole_is_done(number: signal.Signals) -> None:
    done: list[str] = []
    with pytest.raises(Interrupted) as caught:
        whole(lambda: os.kill(os.getpid(), number), done)
    assert done
    assert caught.value.signal_number == number
    with pytest.raises(Interrupted):
        os.kill(os.getpid(), number)


def test_a_signal_that_another_thread_gets_waits_too() -> None:
    def in_another() -> None:
        other = threading.Thread(target=lambda: signal.pthread_kill(threading.get_ident(), signal.SIGTERM))
        other.start()
        other.join()

    done: list[str] = []
    with pytest.raises(Interrupted):
        whole(in_another, done)
    assert done


def test_a_fault_is_told_rather_than_the_signal() -> None:
    with pytest.raises(OSError, match="full"):
        whole(lambda: os.kill(os.getpid(), signal.SIGTERM), [], "full")


def test_what_is_ignored_stays_so() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with signals.held_back():
        os.kill(os.getpid(), signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_a_program_that_is_started_meanwhile_can_be_ended() -> None:
    with signals.held_back():
        child = subprocess.Popen(["sleep", "1000"])
    child.terminate()
    assert child.wait() == -signal.SIGTERM
