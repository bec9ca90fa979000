"""Work in a process of its own: what C code does with a damaged file takes nobody else along."""

import faulthandler
import marshal
import os
import resource
import signal
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any, BinaryIO, NoReturn

from funkqa.model.errors import ElfError
from funkqa.system.process import describe_returncode

BATCH = 4096
"""Rows that are handed over at a time."""

SIZE_BYTES = 8
MOST_CPU_S = 300
OWN_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE, signal.SIGXCPU)

Row = tuple[Any, ...]


def rows(make: Callable[[], Iterable[Row]], who: str, room: int) -> Iterator[Row]:
    """The rows that ``make`` gives in a child of this process, while it makes them; of plain values only.

    The child may take ``room`` bytes more than this process has, and MOST_CPU_S seconds. Raises ElfError if
    ``make`` does, or if the child ends before its work: it crashed, or took more; ``who`` is the code to blame.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _work(make, writing, room)
    os.close(writing)
    status = None
    try:
        with open(reading, "rb") as stream:
            while (batch := _taken(stream)) != []:
                if isinstance(batch, str):
                    raise ElfError(batch)
                if batch is None:
                    status = os.waitpid(child, 0)[1]
                    ended = describe_returncode(os.waitstatus_to_exitcode(status))
                    raise ElfError(f"{who} can't read it: it ended with {ended}")
                yield from batch
    finally:
        if status is None:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _taken(stream: BinaryIO) -> list[Row] | str | None:
    """What the child has handed over; None if it ended without the rest."""
    size = int.from_bytes(stream.read(SIZE_BYTES), "little")
    content = stream.read(size)
    if not size or len(content) < size:
        return None
    taken: list[Row] | str = marshal.loads(content)
    return taken


def _work(make: Callable[[], Iterable[Row]], writing: int, room: int) -> NoReturn:
    """All of the child's life."""
    code = 1
    try:
        faulthandler.disable()
        for number in OWN_SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _limit(resource.RLIMIT_CPU, MOST_CPU_S)
        _limit(resource.RLIMIT_AS, _own_room() + room)
        with open(writing, "wb") as stream:
            for part in _answer(make):
                content = marshal.dumps(part)
                stream.write(len(content).to_bytes(SIZE_BYTES, "little") + content)
                stream.flush()  # a crash in the next part mustn't take this one along
        code = 0
    except (MemoryError, BrokenPipeError):
        pass
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _answer(make: Callable[[], Iterable[Row]]) -> Iterator[list[Row] | str]:
    """Batches of rows, then an empty one; a string says why there are no more."""
    try:
        iterator = iter(make())
        while batch := list(islice(iterator, BATCH)):
            yield batch
        yield []
    except ElfError as error:
        yield error.message


def _limit(kind: int, most: int) -> None:
    hard = resource.getrlimit(kind)[1]
    resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _own_room() -> int:
    """Bytes of address space that the process has, from proc(5), ``/proc/pid/statm``."""
    with open("/proc/self/statm", "rb") as stream:
        return int(stream.read().split()[0]) * resource.getpagesize()
