"""Which steps from line to line the readers have taken, by Python's own tracing."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import funkqa.elf

FOLDER = str(Path(funkqa.elf.__file__).parent)
Tracing = Callable[[FrameType, str, Any], Any]


class Arcs:
    """``fresh`` is the number of steps that no input before the current one has taken."""

    def __init__(self) -> None:
        self.seen: set[tuple[CodeType, int, int]] = set()
        self.fresh = 0

    @contextmanager
    def watched(self) -> Iterator[None]:
        before = len(self.seen)
        sys.settrace(self._entered)
        try:
            yield
        finally:
            sys.settrace(None)
            self.fresh = len(self.seen) - before

    def _entered(self, frame: FrameType, event: str, argument: object) -> Tracing | None:
        code = frame.f_code
        if not code.co_filename.startswith(FOLDER):
            return None
        last = 0

        def stepped(frame: FrameType, event: str, argument: object) -> Tracing:
            nonlocal last
            if event != "opcode":
                line = -1 if event == "exception" else frame.f_lineno or 0
                self.seen.add((code, last, line))
                last = line
            return stepped

        return stepped
