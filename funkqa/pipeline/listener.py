"""Who is told how a run goes on."""

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

Item = TypeVar("Item")


class Listener(Protocol):
    """Gets the stages of a run as they begin, how much of a stage is done, and the output of steps as it comes."""

    def stage(self, text: str) -> None: ...

    def progress(self, done: int, total: int) -> None: ...

    def output(self, chunk: bytes) -> None: ...


class Silent:
    """A listener who tells nobody."""

    def stage(self, text: str) -> None:
        pass

    def progress(self, done: int, total: int) -> None:
        pass

    def output(self, chunk: bytes) -> None:
        pass


SILENT: Listener = Silent()


def counted(items: Sequence[Item], listener: Listener) -> Iterator[Item]:
    """The items one by one; the listener hears how many are done."""
    for done, item in enumerate(items):
        listener.progress(done, len(items))
        yield item
    listener.progress(len(items), len(items))
