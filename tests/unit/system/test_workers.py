"""Many values in several processes: in order, with their errors, and nothing stays behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from funkqa.model.errors import UsageError
from funkqa.system.workers import FEW, answers

MANY = range(FEW * 10)


def square(value: int) -> tuple[int, int]:
    return value * value, os.getpid()


def refuse(value: int) -> int:
    if value == FEW * 5:
        raise UsageError("not this one", where=str(value), hint="take another")
    return value


def test_answers_come_in_order() -> None:
    assert [answer for answer, _ in answers(square, MANY)] == [value * value for value in MANY]


def test_few_values_need_no_other_process() -> None:
    assert {process for _, process in answers(square, MANY[:FEW])} == {os.getpid()}


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one processor only")
def test_many_values_are_worked_on_elsewhere() -> None:
    assert os.getpid() not in {process for _, process in answers(square, MANY)}


def test_an_error_is_raised_here() -> None:
    with pytest.raises(UsageError, match="not this one"):
        list(answers(refuse, MANY))


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one processor only")
def test_workers_end_with_a_parent_that_is_killed() -> None:
    script = """
import time
from funkqa.system.workers import answers
list(answers(time.sleep, [3600] * 1000))
"""
    with subprocess.Popen([sys.executable, "-c", script]) as parent:
        wait_for(lambda: len(children(parent.pid)) > 1)
        workers = children(parent.pid)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    wait_for(lambda: not any(map(runs, workers)))


def wait_for(so: Callable[[], bool]) -> None:
    """Until it is so, for a minute at most."""
    for _ in range(600):
        if so():
            return
        time.sleep(0.1)
    raise AssertionError("it took too long")


def children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
