"""What is told of a run: one line that is redrawn on a terminal, plain lines elsewhere."""

import re
import sys

import pytest

from funkqa.cli.narrator import Narrator
from tests import terminal
from tests.terminal import on_terminal

SCRIPT = """
from funkqa.cli.narrator import Narrator
with Narrator("bzip2", False, False) as told:
    told.stage("installing bzip2")
    told.stage("merging debuginfo of 12 ELF files")
    for done in range(13):
        told.progress(done, 12)
    told.stage("step 1/2: execute: \\x1b[2Jhostile")
"""


def test_a_terminal_shows_bars_with_counts_and_the_time() -> None:
    code, drawn = on_terminal([sys.executable, "-c", SCRIPT], "stderr")
    assert code == 0
    lines = terminal.lines(drawn)
    merging = [line for line in lines if "bzip2: merging debuginfo of 12 ELF files" in line]
    assert any(re.search(r"\u2501.* 3/12 0:00:0\d$", line) for line in merging), lines
    assert any("bzip2: installing bzip2" in line and "/12" not in line for line in lines)
    assert any("step 1/2: execute: \\x1b[2Jhostile" in line and "/12" not in line for line in lines)


def test_elsewhere_each_stage_is_one_plain_line(capfd: pytest.CaptureFixture[str]) -> None:
    with Narrator("bzip2", verbose=False, quiet=False) as told:
        told.stage("merging debuginfo of 12 ELF files")
        for done in range(13):
            told.progress(done, 12)
        told.stage("step 1/1: execute: \x1b[2Jhostile\nname")
    assert capfd.readouterr().err == (
        "bzip2: merging debuginfo of 12 ELF files\nbzip2: step 1/1: execute: \\x1b[2Jhostile name\n"
    )


def test_output_of_steps_is_shown_as_reports_show_it_however_it_is_cut(capfd: pytest.CaptureFixture[str]) -> None:
    output = "one\r\n\ttwo \u20ac\x1b]0;title\x07\x9b2J\x00\r3 \u202e".encode() + b"\xff\xe2\x82"
    shown = "one\n\ttwo \u20ac\\x1b]0;title\\x07\\x9b2J\\x00\\r3 \\u202e\\xff\\xe2\\x82"
    for size in (1, 2, 3, 100):
        with Narrator("bzip2", verbose=True, quiet=True) as told:
            for start in range(0, len(output), size):
                told.output(output[start : start + size])
        assert capfd.readouterr() == ("", shown)


def test_a_quiet_run_tells_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with Narrator("bzip2", verbose=False, quiet=True) as told:
        told.stage("merging")
        told.progress(1, 2)
        told.output(b"x")
    assert capfd.readouterr() == ("", "")
