"""The fuzzer itself: its seeds are well-formed, its dice repeat themselves, and what it finds is told."""

from pathlib import Path

import pytest

from tests.fuzz import __main__ as fuzz
from tests.fuzz.reading import read_everything
from tests.fuzz.seeds import seeds

INPUTS = 120


def test_the_first_inputs_have_no_findings_and_take_the_readers_further(tmp_path: Path) -> None:
    fuzzer = fuzz.Fuzzer(1, tmp_path)
    made = list(seeds())
    for content in made:
        fuzzer.try_one(content)
    steps = len(fuzzer.arcs.seen)
    for _ in range(INPUTS):
        fuzzer.try_one(fuzzer.next_one())
    assert fuzzer.found == {}
    assert list(tmp_path.iterdir()) == []
    assert len(fuzzer.arcs.seen) > steps


def test_the_seeds_are_well_formed() -> None:
    assert [read_everything(content) for content in seeds()].count(False) == 0


def test_a_crash_is_kept_and_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def crash(content: bytes) -> bool:
        raise ZeroDivisionError(content[:1])

    monkeypatch.setattr(fuzz, "read_everything", crash)
    fuzzer = fuzz.Fuzzer(1, tmp_path)
    fuzzer.try_one(b"one")
    fuzzer.try_one(b"two")
    (kept,) = tmp_path.iterdir()
    assert kept.read_bytes() == b"one"
    assert capsys.readouterr().out == f"finding: ZeroDivisionError at outside the readers: {kept}\n"
