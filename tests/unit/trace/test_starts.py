"""Records of the kernel, and the starts of programs that they tell of."""

import time

from funkqa.trace.starts import CUT, HEAD, LONG, PATH_BYTES, SHORT, Kind, Pairing, Record, decode

SHELL, TOOL, MIRRORED = "/bin/sh", "/usr/bin/tool", "/run/funkqa/1/usr/bin/tool"
ROOM = 8192


def packed(arguments: bytes, size: int | None = None, path: bytes = b"/usr/bin/tool") -> bytes:
    length = len(arguments) if size is None else size
    whole = SHORT if length < 512 and len(path) < 256 else LONG
    head = HEAD.pack(time.monotonic_ns(), 1, 3, 41, 40, 1000, length)
    return (head + path.ljust(PATH_BYTES[whole], b"\0") + arguments).ljust(whole, b"\xee")[:whole]


def record(kind: Kind, pid: int = 7, path: str = "", image: int = 0, *arguments: str) -> Record:
    return Record(kind, image, 1.0, pid, 1, 0, path, arguments)


def started(path: str, pid: int = 7) -> Record:
    return record(Kind.STARTED, pid, path)


def told(*records: Record) -> list[tuple[str, int | None]]:
    return [(start.path, start.image) for start in Pairing().starts(records)]


def test_a_record_says_who_started_what_and_when() -> None:
    (found,) = decode([packed(b"tool\0-x\0")])
    assert found[:2] == (Kind.ENTERED, 3)
    assert abs(found.started - time.time()) < 60
    assert found[3:] == (41, 40, 1000, TOOL, ("tool", "-x"))


def test_empty_and_strange_arguments_are_kept() -> None:
    strange = [b"", b"a b", b"\xff", b""]
    (found,) = decode([packed(b"".join(text + b"\0" for text in strange))])
    assert found.arguments == ("", "a b", "\udcff", "")
    (found,) = decode([packed(b"")])
    assert found.arguments == ()


def test_arguments_without_room_are_cut_visibly() -> None:
    for length in (100, 510, 511, 512):
        (found,) = decode([packed(b"x" * length + b"\0")])
        assert found.arguments == ("x" * length,)
    whole = b"x" * (ROOM - 2) + b"\0"
    (found,) = decode([packed(whole)])
    assert found.arguments == ("x" * (ROOM - 2),)
    (found,) = decode([packed(b"tool\0" + b"y" * ROOM, size=5 * ROOM)])
    assert found.arguments == ("tool", "y" * (ROOM - 6), CUT)


def test_what_begins_at_its_entry_is_the_program_that_was_executed() -> None:
    assert told(started(TOOL), record(Kind.ENTERED, image=4)) == [(TOOL, 4)]
    assert told(started(SHELL), started(TOOL), record(Kind.ENTERED, image=4)) == [(SHELL, None), (TOOL, 4)]


def test_processes_are_told_apart() -> None:
    records = started(TOOL, 1), started(SHELL, 2), record(Kind.ENTERED, 1, image=4), started(TOOL, 3)
    assert told(*records) == [(TOOL, 4), (SHELL, None), (TOOL, None)]


def test_a_shim_and_its_program_are_one_start() -> None:
    shim, entry = record(Kind.SHIMMED, image=4), record(Kind.ENTERED, image=4)
    assert told(started(TOOL), shim, started(MIRRORED), entry) == [(TOOL, 4)]
    assert told(shim, started(MIRRORED), entry) == [("", 4)]
    assert told(shim, entry) == [("", 4)]
    again = (started(TOOL), shim, started(MIRRORED), entry)
    assert told(*again, *again) == [(TOOL, 4), (TOOL, 4)]


def test_without_the_kernels_events_every_entry_is_a_start() -> None:
    entry = record(Kind.ENTERED, image=4)
    assert told(entry, entry) == [("", 4), ("", 4)]


def test_a_start_may_be_told_in_two_parts() -> None:
    pairing = Pairing()
    (first,) = pairing.starts([started(TOOL)])
    assert pairing.starts([record(Kind.ENTERED, image=4)]) == []
    assert first.image == 4
