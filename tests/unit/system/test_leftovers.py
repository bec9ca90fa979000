"""What is a killed run's, and what isn't."""

import ast
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from funkqa.system import leftovers, locks

ROOT = Path(__file__).parents[3]


def test_only_directories_named_as_those_of_runs_are_removed(tmp_path: Path) -> None:
    for name in ("funkqa-home-1", "funkqa-results", "home"):
        (tmp_path / name / "below").mkdir(parents=True)
    (tmp_path / "funkqa-work-1").touch()
    (tmp_path / "funkqa-work-2").symlink_to(tmp_path / "home")
    assert list(leftovers.directories([tmp_path, tmp_path])) == [tmp_path / "funkqa-home-1"]
    assert {path.name for path in tmp_path.iterdir()} == {
        "funkqa-results",
        "home",
        "funkqa-work-1",
        "funkqa-work-2",
    }
    assert (tmp_path / "home" / "below").exists()
    assert list(leftovers.directories([tmp_path])) == []


def test_a_directory_in_use_stays_until_its_process_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with leftovers.temporary(prefix="funkqa-changed-") as path:
        (path / "below").mkdir()
        assert list(leftovers.directories([tmp_path])) == []
        assert (path / "below").exists()
    assert not path.exists()
    code = "import os, tempfile; from funkqa.system import leftovers; tempfile.tempdir = os.environ['HERE']\n"
    code += "with leftovers.temporary(prefix='funkqa-changed-') as path: print(path, flush=True); input()"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(
        command,
        env={**os.environ, "HERE": str(tmp_path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        left = Path(other.stdout.readline().strip())
        assert left.is_dir()
        assert list(leftovers.directories([tmp_path])) == []
        other.kill()
    assert list(leftovers.directories([tmp_path])) == [left]


def test_a_new_directory_that_is_taken_for_a_leftover_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    made = []
    make = tempfile.mkdtemp

    def lost_once(*, prefix: str) -> str:
        made.append(make(prefix=prefix))
        if len(made) == 1:
            Path(made[0]).rmdir()
        return made[-1]

    monkeypatch.setattr(tempfile, "mkdtemp", lost_once)
    with leftovers.temporary(prefix="funkqa-changed-") as path:
        assert [str(path)] == made[1:]
        assert path.is_dir()


def test_unfinished_files_are_removed_from_the_cache_unless_somebody_writes_them(tmp_path: Path) -> None:
    (tmp_path / "ab").mkdir()
    old, live, whole = (tmp_path / "ab" / name for name in (".new-old", ".new-live", "cd.elf"))
    for path in (old, live, whole):
        path.touch()
    with locks.owned(live):
        assert list(leftovers.cache_files(tmp_path)) == [old]
    assert live.exists()
    assert whole.exists()
    assert list(leftovers.cache_files(tmp_path)) == [live]


def test_every_temporary_directory_that_funkqa_makes_is_known() -> None:
    """Not on the list: a root's upper layer and doctor's (see ``restore --help``), and rescued results."""
    prefixes = {
        keyword.value.value
        for path in (ROOT / "funkqa").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "prefix" and isinstance(keyword.value, ast.Constant)
    }
    assert prefixes - {"funkqa-", "funkqa-doctor-", "trace-"} == set(leftovers.DIRECTORIES)
