"""Programs that were started in scope: from the kernel's records (``bpf/execution.h``) to one value for each."""

import struct
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

SHORT, LONG = 32 + 256 + 512, 32 + 4096 + 8192
"""Bytes of a record: its head, the path, the arguments."""

HEAD = struct.Struct("=Q6I")
PATH_BYTES = {SHORT: 256, LONG: 4096}
"""Room for the path, by the size of the whole record."""

CUT = "..."
"""Stands for the arguments that had no room in the record."""


class Kind(Enum):
    """What is recorded, as ``bpf/execution.h`` numbers it."""

    STARTED = 0
    ENTERED = 1
    SHIMMED = 2


class Record(NamedTuple):
    """``started`` is seconds since the epoch, ``image`` an index into the plan, which STARTED doesn't know."""

    kind: Kind
    image: int
    started: float
    pid: int
    parent: int
    user: int
    path: str
    arguments: tuple[str, ...]


@dataclass(slots=True)
class Start:
    """A program that was started; ``image`` is its index in the plan, None if it isn't there.

    ``path`` is as execve(2) got it, empty if only the program's entry was seen. PIDs are those of the first PID
    namespace, ``user`` is the real user's id, ``started`` seconds since the epoch.
    """

    started: float
    pid: int
    parent: int
    user: int
    path: str
    arguments: tuple[str, ...]
    image: int | None = None


MOST_PIDS = 1 << 16
NOTHING = (Start(0, 0, 0, 0, "", ()), Kind.ENTERED)
CONTINUED = {(Kind.STARTED, Kind.SHIMMED), (Kind.STARTED, Kind.ENTERED), (Kind.SHIMMED, Kind.ENTERED)}
"""What a record of the same process adds to: all others are of another start."""


def decode(records: Iterable[bytes]) -> Iterator[Record]:
    """Records as values."""
    epoch = time.time() - time.monotonic()
    for record in records:
        at_ns, kind, image, pid, parent, user, size = HEAD.unpack_from(record)
        room = HEAD.size + PATH_BYTES[len(record)]
        yield Record(
            Kind(kind),
            image,
            epoch + at_ns / 1e9,
            pid,
            parent,
            user,
            _text(record[HEAD.size : room].split(b"\0", 1)[0]),
            _arguments(record[room:], size),
        )


def _arguments(room: bytes, size: int) -> tuple[str, ...]:
    """``size`` bytes of arguments, each with a zero behind it; the last byte of ``room`` is never used."""
    if not size:
        return ()
    texts = tuple(map(_text, room[: min(size, len(room) - 1)].split(b"\0")))
    return texts[:-1] if size < len(room) else (*texts, CUT)


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


class Pairing:
    """Joins what the kernel says of one start: execve's success, the shim on its way, the program's entry."""

    def __init__(self) -> None:
        self._last: dict[int, tuple[Start, Kind]] = {}

    def starts(self, records: Iterable[Record]) -> list[Start]:
        """The programs that these records tell of. A record may belong to a start of an earlier call."""
        found = []
        for record in records:
            start, kind = self._last.get(record.pid, NOTHING)
            if (kind, record.kind) == (Kind.SHIMMED, Kind.STARTED):
                self._last[record.pid] = start, Kind.STARTED  # the shim executes its program
                continue
            if (kind, record.kind) not in CONTINUED:
                start = Start(*record[2:])
                found.append(start)
            if record.kind is not Kind.STARTED:
                start.image = record.image
            if len(self._last) > MOST_PIDS:
                self._last.clear()
            self._last[record.pid] = start, record.kind
        return found
