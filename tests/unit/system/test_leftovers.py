"""What is a killed run's, and what isn't."""

import ast
from pathlib import Path

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
