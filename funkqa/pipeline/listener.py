"""Who is told how a run goes on."""

from typing import Protocol


class Listener(Protocol):
    """Gets the stages of a run as they begin, and the output of its steps as it comes."""

    def stage(self, text: str) -> None: ...

    def output(self, chunk: bytes) -> None: ...
