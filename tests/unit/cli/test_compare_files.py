"""``funkqa compare``: which files are compared, what is refused, how it ends."""

import json
import re
import shutil
import sqlite3
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

from funkqa.cli.compare import command
from funkqa.cli.schema import schema_text
from funkqa.model.errors import FunkqaError, UsageError
from funkqa.store.whole import write_result
from tests import terminal
from tests.examples import functions, image, measurement, package
from tests.terminal import on_terminal

DAY = 86400.0
FUNKQA = (sys.executable, "-m", "funkqa")


def write(
    path: Path, covered: Iterable[int] = (0, 1), *, day: int = 0, recipe: str = "bzip2", arch: str = "x86_64"
) -> Path:
    """A result of a run on a day, of a program with four functions."""
    run = measurement(
        [image(functions=functions("main", "usage", "pack", "unpack"), arch=arch)],
        hits={(0, 0): covered},
        recipe=recipe,
        packages=[package(f"{recipe}-1.0-{day}.{arch}", recipe)],
        environment={"arch": arch, "version": f"2026050{day}"},
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_result(path, replace(run, run=replace(run.run, started=run.run.started + day * DAY)))
    return path


def compare(*arguments: object) -> Result:
    result = CliRunner().invoke(command, [str(each) for each in arguments])
    if isinstance(result.exception, FunkqaError):
        raise result.exception
    return result


def headlines(result: Result) -> list[str]:
    return [line.partition(",")[0] for line in result.stdout.split("\n") if " functions lost, " in line]


def test_two_files_are_compared(tmp_path: Path) -> None:
    result = compare(write(tmp_path / "a.funkqa"), write(tmp_path / "b.funkqa", [0], day=1))
    assert result.stdout.startswith(
        "bzip2 1.0-0 -> 1.0-1, build 20260500 -> 20260501: "
        "50.0% -> 25.0% (-25.0 pp, 1 of 4 functions lost, 0 new)\n"
        "FAILED: the package and the environment changed\n"
    )
    assert result.exit_code == 1


def test_what_is_tolerated_ends_with_0(tmp_path: Path) -> None:
    files = write(tmp_path / "a.funkqa"), write(tmp_path / "b.funkqa", [0], day=1)
    for options in (["--tolerance", "25pp"], ["--tolerance", "25.0%"], ["--max-lost", "1", "--fail-on", "lost"]):
        result = compare(*options, *files)
        assert (result.exit_code, "SOFTFAIL" in result.stdout) == (0, True)
    assert compare("--tolerance", "25pp", "--fail-on", "coverage", *files).exit_code == 0
    assert compare("--max-lost", "1", "--fail-on", "coverage", *files).exit_code == 1
    assert compare("--max-lost", "1", "--tolerance", "24.9pp", *files).exit_code == 1


@pytest.mark.parametrize("text", ["1", "pp", "-1pp", "101pp", "1e2pp", "nan%"])
def test_a_tolerance_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    file = write(tmp_path / "a.funkqa")
    with pytest.raises(UsageError, match="percentage points"):
        compare(f"--tolerance={text}", file, file)


def test_folders_pair_by_recipe_package_and_architecture(tmp_path: Path) -> None:
    for day in (1, 2):
        for recipe in ("bzip2", "gzip"):
            for arch in ("x86_64", "s390x"):
                write(tmp_path / f"{day}/{arch}/{recipe}.funkqa", day=day, recipe=recipe, arch=arch)
    shutil.copy(tmp_path / "1/x86_64/gzip.funkqa", tmp_path / "note.txt")
    result = compare(tmp_path / "1", tmp_path / "2")
    assert headlines(result) == [f"{recipe} 1.0-1 -> 1.0-2" for recipe in ("bzip2", "bzip2", "gzip", "gzip")]
    assert result.exit_code == 0


def test_a_folder_is_a_history_of_itself(tmp_path: Path) -> None:
    for day in range(4):
        new = write(tmp_path / f"{day}.funkqa", range(day + 1), day=day)
    result = compare(tmp_path, new)
    named = [f"  {tmp_path}/{day}.funkqa ({day + 1}/4 functions {25.0 * (day + 1)}%)\n" for day in (2, 1, 0)]
    assert f"newest first:\n{''.join(named)}now: 4/4 functions 100.0%\n" in result.stdout
    assert ": 50.0% -> 100.0% (+50.0 pp, 0 of 4" in result.stdout
    assert headlines(compare(tmp_path, tmp_path)) == headlines(result)


def test_the_newest_baselines_are_used_and_the_others_named(tmp_path: Path) -> None:
    for day in range(4):
        new = write(tmp_path / f"{day}.funkqa", day=day)
    result = compare("--baselines", "2", tmp_path, new)
    assert "median of 2 runs" in result.stdout
    assert f"{tmp_path}/0.funkqa: 2 newer baselines are enough" in " ".join(result.stdout.split())


def test_a_pattern_in_quotes_means_what_it_matches(tmp_path: Path) -> None:
    for day in (1, 2):
        write(tmp_path / f"{day}/bzip2.funkqa", day=day)
    result = compare(tmp_path / "*1/*", tmp_path / "2/b*.funkqa")
    assert headlines(result) == ["bzip2 1.0-1 -> 1.0-2"]


def test_the_same_result_is_never_its_own_baseline(tmp_path: Path) -> None:
    new = write(tmp_path / "new.funkqa")
    copy = shutil.copy(new, tmp_path / "copy.funkqa")
    result = compare(copy, new)
    assert ", no baseline\nPASSED: " in result.stdout
    told = f"there is no baseline: {copy}: it is the same run as the new result"
    assert told in " ".join(result.stdout.split())
    assert f"{new}: it is the same run" in " ".join(compare(new, new).stdout.split())


def test_a_pattern_that_matches_nothing_is_refused_by_its_name(tmp_path: Path) -> None:
    new = write(tmp_path / "history/new.funkqa")
    for arguments in ((f"{tmp_path}/histroy/*", new), (new, f"{tmp_path}/histroy/*")):
        with pytest.raises(UsageError, match="matches this pattern") as caught:
            compare(*arguments)
        assert caught.value.where == f"{tmp_path}/histroy/*"


def test_recipes_of_one_package_are_told_apart(tmp_path: Path) -> None:
    for day in (1, 2):
        run = measurement(recipe="big-files", environment={"arch": "x86_64"})
        write_result(tmp_path / f"{day}.funkqa", replace(run, run=replace(run.run, started=day * DAY)))
    result = compare("--report", "text=-", "--report", f"markdown={tmp_path}/md", tmp_path, tmp_path)
    assert result.stdout.startswith("bzip2 (recipe big-files) 1.0.8-5.1 -> 1.0.8-5.1: ")
    assert (tmp_path / "md").read_text().startswith("### `bzip2 (recipe big-files) 1.0.8")


@pytest.mark.parametrize("form", ["json", "junit", "junit-standard", "html"])
def test_several_comparisons_are_not_joined_on_standard_output(tmp_path: Path, form: str) -> None:
    for day in (1, 2):
        for recipe in ("bzip2", "gzip"):
            write(tmp_path / f"{day}/{recipe}.funkqa", day=day, recipe=recipe)
    folders = (tmp_path / "1", tmp_path / "2")
    with pytest.raises(UsageError, match="one place") as caught:
        compare("--report", f"{form}=-", "--report", f"json={tmp_path}/{{recipe}}.json", *folders)
    assert caught.value.where == "standard output"
    assert compare("--report", f"{form}=-", *(each / "gzip.funkqa" for each in folders)).exit_code == 0


def test_an_empty_folder_is_no_baseline_and_passes(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = compare(tmp_path / "empty", write(tmp_path / "new.funkqa"))
    assert (result.exit_code, result.stdout.split("\n")[0]) == (
        0,
        "bzip2 1.0-0, build 20260500: 50.0%, no baseline",
    )


def spoil(folder: Path) -> dict[str, str]:
    """Files of every bad kind in a folder, and what is said of each."""
    good = write(folder / "good.funkqa").read_bytes()
    (folder / "empty.funkqa").write_bytes(b"")
    (folder / "foreign.funkqa").write_text("no database")
    (folder / "damaged.funkqa").write_bytes(good[: len(good) // 2])
    newer = bytearray(good)
    newer[63] = 9  # user_version: https://www.sqlite.org/fileformat.html#the_database_header
    (folder / "newer.funkqa").write_bytes(newer)
    with sqlite3.connect(folder / "other.funkqa") as connection:
        connection.execute("CREATE TABLE t (x)")
    (folder / "dangling.funkqa").symlink_to("nowhere")
    (folder / "late.funkqa").write_bytes(good)
    with sqlite3.connect(folder / "late.funkqa") as connection:
        connection.execute("DELETE FROM steps")
    return {
        "empty": "the file is empty",
        "foreign": "it is no result file: not an SQLite database",
        "damaged": "the file is damaged",
        "newer": "written by a newer funkqa (format 9, this one reads 1)",
        "other": "it is another program's SQLite database",
        "dangling": "there is no such file",
        "late": "hits of image 0 in step 0, which don't exist",
    }


def test_files_that_cannot_be_read_are_named_and_the_rest_is_compared(tmp_path: Path) -> None:
    said = spoil(tmp_path / "old")
    result = compare(tmp_path / "old", write(tmp_path / "new.funkqa", [0], day=1))
    assert headlines(result) == ["bzip2 1.0-0 -> 1.0-1"]
    assert f"compared with {tmp_path}/old/good.funkqa (2/4 functions 50.0%)\n" in result.stdout
    for name, reason in said.items():
        (line,) = [line for line in result.stderr.split("\n") if f"/{name}.funkqa" in line]
        assert reason in line
        assert f"\n  {tmp_path}/old/{name}.funkqa:" in result.stdout
    assert result.exit_code == 1


def test_a_new_result_that_cannot_be_read_is_never_passed_over(tmp_path: Path) -> None:
    spoil(tmp_path / "new")
    result = compare(write(tmp_path / "base.funkqa", day=-1), tmp_path / "new")
    assert "SOFTFAIL" in result.stdout
    assert result.stderr.endswith("\nfunkqa: FAILED: 6 new results can't be read\n")
    assert result.exit_code == 1


@pytest.mark.parametrize("bad", ["absent", "empty", "foreign"])
def test_a_file_that_the_command_line_names_must_be_readable(tmp_path: Path, bad: str) -> None:
    spoil(tmp_path / "old")
    new = write(tmp_path / "new.funkqa", day=1)
    result = compare(tmp_path / "old/good.funkqa", tmp_path / f"old/{bad}.funkqa", new)
    assert headlines(result) == ["bzip2 1.0-0 -> 1.0-1"]
    assert f"{bad}.funkqa: takes no part" in result.stderr
    assert result.exit_code == 2


def test_nothing_to_compare_is_refused(tmp_path: Path) -> None:
    old = write(tmp_path / "old.funkqa")
    with pytest.raises(UsageError, match="nothing to compare with"):
        compare(old)
    with pytest.raises(UsageError, match="no new result"):
        compare(old, tmp_path / "absent.funkqa")


def test_a_recipe_without_a_new_result_is_told(tmp_path: Path) -> None:
    write(tmp_path / "old/gzip.funkqa", recipe="gzip")
    write(tmp_path / "old/bzip2.funkqa")
    result = compare(tmp_path / "old", write(tmp_path / "bzip2.funkqa", day=1))
    assert "funkqa: gzip (gzip x86_64) has no new result\n" in result.stderr
    assert result.exit_code == 0


def test_reports_of_several_recipes_have_paths_of_their_own(tmp_path: Path) -> None:
    for day in (1, 2):
        for recipe in ("bzip2", "gzip"):
            write(tmp_path / f"{day}/{recipe}.funkqa", day=day, recipe=recipe)
    folders = (tmp_path / "1", tmp_path / "2")
    with pytest.raises(UsageError, match="one place") as caught:
        compare("--report", f"json={tmp_path}/out.json", *folders)
    assert "{recipe}" in caught.value.hint
    result = compare("--report", f"json={tmp_path}/{{recipe}}.json", "--report", "markdown=-", *folders)
    assert result.stdout.count("### `") == 2
    validator = jsonschema.Draft202012Validator(json.loads(schema_text("comparison")))
    for recipe in ("bzip2", "gzip"):
        document = json.loads((tmp_path / f"{recipe}.json").read_text())
        validator.validate(document)
        assert document["recipe"] == recipe


def test_traces_pair_by_the_file_that_they_traced(tmp_path: Path) -> None:
    def trace(name: str, path: str, covered: Iterable[int], started: float) -> Path:
        run = measurement(
            [replace(image(path, functions("a", "b")), package="")],
            hits={(0, 0): covered},
            recipe="trace",
            packages=[],
        )
        write_result(tmp_path / name, replace(run, run=replace(run.run, started=started)))
        return tmp_path / name

    old = [trace("1.funkqa", "/usr/bin/one", [0], 1.0), trace("2.funkqa", "/usr/bin/two", [0, 1], 2.0)]
    result = compare(*old, trace("new.funkqa", "/usr/bin/two", [0], 3.0))
    assert result.stdout.startswith("/usr/bin/two ab12 -> ab12: 100.0% -> 50.0% ")


def test_reports_are_narrated_in_plain_lines_and_what_is_printed_is_not(tmp_path: Path) -> None:
    files = write(tmp_path / "a.funkqa"), write(tmp_path / "b.funkqa", day=1)
    told = compare("--report", f"json={tmp_path}/c.json", "--report", f"text={tmp_path}/c.txt", *files)
    assert told.stderr == "compare: comparing 1 result with baselines\ncompare: writing 2 reports\n"
    assert compare(*files).stderr == ""


def test_a_report_that_fails_keeps_no_other_comparison_from_being_written(tmp_path: Path) -> None:
    for recipe in ("bzip2", "gzip"):
        write(tmp_path / f"old/{recipe}.funkqa", recipe=recipe)
        write(tmp_path / f"new/{recipe}.funkqa", recipe=recipe, day=1)
        (tmp_path / f"full-{recipe}").symlink_to("/dev/full")
    (tmp_path / "out").mkdir()
    with pytest.raises(FunkqaError, match="can't be written"):
        compare(
            *(
                "--report",
                f"text={tmp_path}/full-{{recipe}}",
                "--report",
                f"markdown={tmp_path}/out/{{recipe}}.md",
            ),
            *(tmp_path / "old", tmp_path / "new"),
        )
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["bzip2.md", "gzip.md"]


def test_a_terminal_shows_a_bar_while_results_are_compared(tmp_path: Path) -> None:
    files = [str(write(tmp_path / "a.funkqa")), str(write(tmp_path / "b.funkqa", day=1))]
    code, drawn = on_terminal([*FUNKQA, "compare", "--report", "json=/dev/null", *files], "stderr")
    assert code == 0
    lines = terminal.lines(drawn)
    assert any(
        re.search(r"compare: comparing 1 result with baselines .*\u2501.* 0/1 0:00:0\d$", line) for line in lines
    )
    assert any(re.search(r"compare: writing 1 report .*\u2501.* 1/1 0:00:0\d$", line) for line in lines)
