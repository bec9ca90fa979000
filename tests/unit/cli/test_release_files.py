"""``funkqa release``: which results are compared, what is refused, how it ends."""

import json
import shutil
import sqlite3
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

from funkqa.cli.release import command
from funkqa.cli.schema import schema_text
from funkqa.model.errors import FunkqaError, NothingToMeasure, UsageError
from funkqa.store.whole import write_result
from funkqa.system import workers
from tests.example_releases import run_of

PACKAGES = ("bzip2", "gzip", "xz")


def write(folder: Path, release: int, covered: int = 20, packages: tuple[str, ...] = PACKAGES) -> Path:
    """The results of a release, in which each package covers so many of its 40 functions."""
    for name in packages:
        path = folder / name / f"{name}.funkqa"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_result(path, run_of(name, range(covered), release))
    return folder


def release(*arguments: object) -> Result:
    result = CliRunner().invoke(command, [str(each) for each in arguments])
    if isinstance(result.exception, FunkqaError):
        raise result.exception
    return result


def test_two_folders_are_compared(tmp_path: Path) -> None:
    result = release(write(tmp_path / "old", 1), write(tmp_path / "new", 2, 30))
    assert result.stdout.startswith(
        "20260501 -> 20260508: 60/120 functions 50.0% -> 90/120 75.0% (+25.0 pp) in 3 packages; 3 better\nPASSED\n"
    )
    assert result.exit_code == 0


def test_a_loss_beyond_the_tolerance_ends_with_1(tmp_path: Path) -> None:
    old, new = write(tmp_path / "old", 1), write(tmp_path / "new", 2)
    write(new, 2, 19, ("gzip",))
    assert release(old, new).exit_code == 1
    result = release("--fail-on", "new-uncovered", old, new)
    assert (result.exit_code, "SOFTFAIL" in result.stdout) == (0, True)


def test_the_suffix_of_the_report_means_its_format(tmp_path: Path) -> None:
    folders = write(tmp_path / "old", 1), write(tmp_path / "new", 2)
    begins = {"html": "<!DOCTYPE html>", "json": "{", "xml": "<?xml", "md": "### `", "txt": "20260501 -> "}
    for suffix, beginning in begins.items():
        result = release(*folders, "-o", tmp_path / f"out.{suffix}")
        assert (tmp_path / f"out.{suffix}").read_text().startswith(beginning)
        assert (result.exit_code, result.stdout) == (0, "")
        assert result.stderr.startswith("funkqa: 20260501 -> 20260508: 60/120 functions 50.0% -> 60/120 50.0% ")


def test_reports_go_where_they_are_wanted_and_json_is_valid(tmp_path: Path) -> None:
    folders = write(tmp_path / "old", 1), write(tmp_path / "new", 2)
    page = tmp_path / "out.html"
    result = release(*folders, "-o", page, "--report", f"html={tmp_path}/second", "--report", "json=-")
    document = json.loads(result.stdout)
    jsonschema.Draft202012Validator(json.loads(schema_text("release"))).validate(document)
    assert [each["package"] for each in document["packages"]] == list(PACKAGES)
    assert page.read_text() == (tmp_path / "second").read_text()


def test_an_unknown_suffix_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"suffix '\.pdf'"):
        release("nowhere", "nowhere", "-o", tmp_path / "out.pdf")


def test_several_releases_give_a_trend_of_all_their_packages(tmp_path: Path) -> None:
    folders = [write(tmp_path / str(number), number, 20 + number) for number in range(3)]
    write(folders[0], 0, 40, ("only-in-the-oldest",))
    document = json.loads(release(*folders, "--report", "json=-").stdout)
    assert [each["packages"] for each in document["releases"]] == [4, 3, 3]
    assert [each["ratio"]["covered"] for each in document["releases"]] == [100, 63, 66]
    assert [each["package"] for each in document["packages"]] == list(PACKAGES)
    assert [each["covered"] for each in document["packages"][0]["history"]] == [20, 21, 22]


def test_packages_of_one_release_only_are_told(tmp_path: Path) -> None:
    old, new = write(tmp_path / "old", 1), write(tmp_path / "new", 2)
    shutil.rmtree(new / "gzip")
    write(new, 2, 7, ("zstd",))
    result = release(old, new)
    assert "1 gone: measured in the release before only\n" in result.stdout
    assert "1 new: measured in the new release only\n" in result.stdout
    assert ("SOFTFAIL" in result.stdout, result.exit_code) == (True, 0)


def test_of_several_results_the_newest_counts_and_the_others_are_named(tmp_path: Path) -> None:
    old, new = write(tmp_path / "old", 0), write(tmp_path / "new", 2)
    write_result(new / "earlier.funkqa", run_of("xz", range(3), 1))
    result = release(old, new)
    assert "20260401 -> 20260508: 60/120 functions 50.0% -> 60/120 50.0% " in result.stdout
    assert f"{new}/earlier.funkqa: {new}/xz/xz.funkqa is newer\n" in result.stdout


@pytest.mark.parametrize("part", [0, 100, 9000])
def test_a_new_result_that_cannot_be_read_fails_the_release(tmp_path: Path, part: int) -> None:
    old, new = write(tmp_path / "old", 1), write(tmp_path / "new", 2)
    torn = new / "xz/xz.funkqa"
    torn.write_bytes(torn.read_bytes()[:part])
    result = release(old, new)
    assert (result.exit_code, "FAILED" in result.stdout) == (1, True)
    assert f"  {torn}: " in result.stdout


def test_an_old_result_that_cannot_be_read_is_no_baseline(tmp_path: Path) -> None:
    old, new = write(tmp_path / "old", 1), write(tmp_path / "new", 2)
    (old / "xz/xz.funkqa").write_bytes(b"no database")
    result = release(old, new)
    assert result.exit_code == 0
    assert "40/80 50.0% (+0.0 pp) in 2 packages; 2 unchanged, 1 new\n" in result.stdout


def test_hits_that_cannot_be_read_make_a_package_doubtful(tmp_path: Path) -> None:
    old, new = write(tmp_path / "old", 1), write(tmp_path / "new", 2)
    with sqlite3.connect(new / "xz/xz.funkqa") as connection:
        connection.execute("DELETE FROM steps")
    result = release(old, new)
    assert result.exit_code == 1
    assert "1 doubtful" in result.stdout
    assert "  xz: the new result can't be read: " in result.stdout


def test_folders_that_are_none_are_refused(tmp_path: Path) -> None:
    old = write(tmp_path / "old", 1)
    with pytest.raises(UsageError, match="nothing to compare with"):
        release(old)
    with pytest.raises(UsageError, match="no such folder"):
        release(old, tmp_path / "absent")
    for empty in ("a", "b"):
        (tmp_path / empty).mkdir()
    with pytest.raises(UsageError, match="no result file"):
        release(tmp_path / "a", tmp_path / "b")


def test_a_release_without_a_release_before_passes(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    result = release(tmp_path / "old", write(tmp_path / "new", 2))
    assert result.stdout.startswith("old -> 20260508: no package has a good result in both; 3 new\nPASSED\n")
    assert result.exit_code == 0


def test_many_packages_give_the_same_report_as_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = tuple(f"package-{number:03}" for number in range(workers.FEW + 8))
    folders = write(tmp_path / "old", 1, 20, names), write(tmp_path / "new", 2, 21, names)
    together = release(*folders, "--report", "json=-").stdout
    monkeypatch.setattr(workers, "FEW", len(names))
    assert release(*folders, "--report", "json=-").stdout == together


def test_a_newest_release_without_any_result_is_no_success(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(NothingToMeasure, match="the newest release has no result"):
        release(write(tmp_path / "old", 1), tmp_path / "empty")
