"""A step of a session ends as a whole, whatever signal comes meanwhile."""

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import cast

import pytest

from funkqa.model.errors import HostUnfit, Interrupted
from funkqa.model.place import RUNNING_SYSTEM
from funkqa.model.units import Bitmap
from funkqa.pipeline.executed import Log
from funkqa.pipeline.session import FIRST, Course
from funkqa.store.reader import read_result
from funkqa.store.writer import ResultWriter
from funkqa.trace.session import Session
from funkqa.trace.starts import Start
from tests.examples import bits, measurement


class Hits:
    """A tracing session whose first function is entered in each step; ``meanwhile`` happens as a step begins."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        self.watch = self
        self.begin_step = meanwhile

    def take_hits(self) -> Mapping[int, Bitmap]:
        os.kill(os.getpid(), signal.SIGTERM)
        return {0: bits(0)}

    def take(self) -> list[Start]:
        return []


@pytest.fixture(autouse=True)
def interrupting() -> Iterator[None]:
    def interrupt(number: int, _frame: FrameType | None) -> None:
        raise Interrupted(number)

    before = signal.signal(signal.SIGTERM, interrupt)
    yield
    signal.signal(signal.SIGTERM, before)


def course(path: Path, meanwhile: Callable[[], None] = lambda: None) -> Course:
    whole = measurement()
    writer = ResultWriter.create(path, whole.run, whole.images, whole.unmeasured)
    return Course(cast(Session, Hits(meanwhile)), writer, Log(RUNNING_SYSTEM, whole.images, True))


def test_a_signal_during_a_mark_loses_neither_the_step_nor_its_hits(tmp_path: Path) -> None:
    marked = course(tmp_path / "a.funkqa")
    with pytest.raises(Interrupted):
        marked.mark("next")
    assert (marked.whole, marked.step, marked.number) == (True, "next", 1)
    found = read_result(tmp_path / "a.funkqa")
    assert [each.name for each in found.steps] == [FIRST]
    assert found.hits == {(0, 0): bits(0)}


def test_a_mark_that_fails_is_told_and_leaves_the_session_incomplete(tmp_path: Path) -> None:
    def refuse() -> None:
        raise HostUnfit("the kernel didn't attach 1 probes again")

    marked = course(tmp_path / "a.funkqa", refuse)
    with pytest.raises(HostUnfit, match="attach"):
        marked.mark("next")
    assert not marked.whole
