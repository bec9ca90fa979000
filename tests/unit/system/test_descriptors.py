"""Open files that a program of its own hands over."""

import os
import sys
from pathlib import Path

import pytest

from funkqa.model.errors import CommandFailed
from funkqa.system import descriptors

SENDER = """
import sys
from funkqa.system import descriptors
files = [open(path) for path in sys.argv[1:-1]]
descriptors.send(int(sys.argv[-1]), [file.fileno() for file in files])
"""


def test_what_a_program_opened_is_ours_after_its_end_and_nobody_elses(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("one", "two")]
    for path in paths:
        path.write_text(path.name)

    received = descriptors.made_by([sys.executable, "-c", SENDER, *map(str, paths)])

    assert [os.read(descriptor, 9) for descriptor in received] == [b"one", b"two"]
    assert not any(map(os.get_inheritable, received))
    for descriptor in received:
        os.close(descriptor)


def test_a_program_that_fails_is_told_with_its_last_words_and_leaves_nothing_open() -> None:
    before = os.listdir("/proc/self/fd")

    with pytest.raises(CommandFailed, match=r"exit code 1\n  \| it can't be done"):
        descriptors.made_by([sys.executable, "-c", 'raise SystemExit("it can\'t be done")'])

    assert os.listdir("/proc/self/fd") == before
