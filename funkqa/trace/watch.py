"""Watching who is in scope, and which programs start there."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import NamedTuple

from funkqa.model.errors import HostUnfit
from funkqa.model.units import FileOffset
from funkqa.system import kernel
from funkqa.trace.program import EVENTS, Program
from funkqa.trace.starts import Pairing, Start, decode


class Entry(NamedTuple):
    """Where a program begins: a path to its file, the offset there, and its image in the plan."""

    path: str
    offset: FileOffset
    image: int


class Watch:
    """Programs that start in scope. ``unlogged`` are images whose entry point the kernel doesn't let watch."""

    def __init__(self, program: Program) -> None:
        self.unlogged: tuple[int, ...] = ()
        self._program = program
        self._links: list[int] = []
        self._pairing = Pairing()

    def follow(self) -> None:
        """Keep what is started in scope in scope, and log it. Raises HostUnfit."""
        for name in EVENTS:
            try:
                self._links.append(kernel.link_tracepoint(self._program.events[name], name))
            except OSError as error:
                raise HostUnfit(f"the kernel doesn't let {name} be traced: {error.strerror}") from error

    def entries(self, entries: Sequence[Entry]) -> None:
        """Log each program when it is at its entry point."""
        self.unlogged += tuple(self._linked(self._program.entry, entries))

    def shims(self, shims: Sequence[Entry]) -> None:
        """Take whoever runs a shim into scope. Raises HostUnfit."""
        for image in self._linked(self._program.shim, shims):
            raise HostUnfit(
                f"the kernel doesn't attach a probe to the shim of image {image}", hint="measure without --shim"
            )

    def take(self) -> list[Start]:
        """The programs that were started since the last call."""
        return self._pairing.starts(decode(self._program.records.take()))

    def lost(self) -> tuple[int, int]:
        """Programs that were started without a record, and processes that should have been in scope."""
        return self._program.lost()

    def detach(self, close: Callable[[int], object]) -> None:
        """Take all probes out; ``close`` gets each link."""
        while self._links:
            close(self._links.pop())

    def _linked(self, program: int, entries: Sequence[Entry]) -> Iterator[int]:
        """Images that can't be watched."""
        for entry in entries:
            try:
                self._links.append(kernel.link_uprobes(program, entry.path, [entry.offset], [entry.image]))
            except OSError:
                yield entry.image


@contextmanager
def watching(program: Program, entries: Sequence[Entry], everyone: bool, closer: Executor) -> Iterator[Watch]:
    """Watch these programs, and, unless everyone is in scope, what else is started in scope."""
    watch = Watch(program)
    try:
        if not everyone:
            watch.follow()
        watch.entries(entries)
        yield watch
    finally:
        watch.detach(lambda link: closer.submit(kernel.close, link))
