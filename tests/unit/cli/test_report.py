"""``funkqa report`` and the reports of other verbs: what is refused first, and what fails last."""

import json
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from funkqa.analysis.coverage import cover
from funkqa.cli import report, reports
from funkqa.cli.reports import Wanted
from funkqa.model.coverage import Coverage
from funkqa.model.errors import FunkqaError, UsageError
from funkqa.report import text
from funkqa.report.changed import jsonreport
from funkqa.report.formats import FORMATS
from funkqa.store.reader import read_result
from funkqa.store.writer import ResultWriter
from tests import example_changes, example_runs, example_updates, terminal
from tests.terminal import on_terminal

FUNKQA = (sys.executable, "-m", "funkqa")


@pytest.fixture
def result(tmp_path: Path) -> Path:
    """The result file of a run that failed."""
    run = example_runs.failed()
    path = tmp_path / "bzip2.funkqa"
    with ResultWriter.create(path, run.run, run.images, run.unmeasured) as writer:
        for number, step in enumerate(run.steps):
            hits = {image: bits for (image, of_step), bits in run.hits.items() if of_step == number}
            writer.append(step, hits)
        writer.finish(run.statistics)
    return path


@pytest.fixture
def coverage() -> Coverage:
    return cover(example_runs.failed())


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(report.command, [str(each) for each in arguments])


def test_all_formats_are_written_at_once(result: Path, tmp_path: Path) -> None:
    options = [each for name in FORMATS for each in ("--report", f"{name}={tmp_path}/{name}.out")]
    done = run(result, *options)
    assert done.exit_code == 1  # the verdict's
    assert done.stdout == "bzip2: FAILED  8/13 functions 61.5%\n"
    coverage = cover(read_result(result))
    for name, render in FORMATS.items():
        assert (tmp_path / f"{name}.out").read_text() == render(coverage)


def test_text_is_as_wide_as_asked(result: Path, coverage: Coverage) -> None:
    path = "/usr/lib64/a-directory-with-a-long-name/and-another-one/libbz2.so.1.0.8"
    assert f"  {path}" in run(result, "--wide").output
    assert f"  {path} " not in run(result).output


@pytest.mark.parametrize(
    ("options", "environment", "coloured"),
    [
        ([], {}, True),
        ([], {"NO_COLOR": "1"}, False),
        ([], {"NO_COLOR": ""}, True),
        ([], {"TERM": "dumb"}, False),
        (["--color", "never"], {}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
    ],
)
def test_colours_are_for_terminals_that_want_them(
    result: Path, options: list[str], environment: dict[str, str], coloured: bool
) -> None:
    code, drawn = on_terminal([*FUNKQA, "report", *options, str(result)], "stdout", environment)
    assert code == 1
    assert ("\x1b[" in drawn) == coloured
    assert "bzip2: FAILED  8/13 functions 61.5%" in terminal.lines(drawn)


def test_elsewhere_colours_must_be_asked_for(result: Path) -> None:
    assert "\x1b[" not in run(result).output
    assert "\x1b[1;31mFAILED\x1b[0m" in run(result, "--color", "always").output


@pytest.mark.parametrize(("umask", "mode"), [(0o077, 0o600), (0o022, 0o644), (0o002, 0o664)])
def test_a_report_gets_the_mode_that_the_umask_leaves(result: Path, tmp_path: Path, umask: int, mode: int) -> None:
    for _ in range(2):
        before = os.umask(umask)
        try:
            run(result, "--report", f"text={tmp_path}/report.txt")
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / "report.txt").stat().st_mode) == mode


def test_what_is_missing_is_listed(result: Path) -> None:
    assert "usage  (entered by prepare or finish only)" not in run(result).output
    assert "usage  (entered by prepare or finish only)" in run(result, "--missing").output


def test_a_step_is_shown_by_its_name(result: Path, tmp_path: Path) -> None:
    shown = run(result, "--step", "corrupt file", "--step", "roundtrip").output
    assert shown.startswith("roundtrip: passed  6/13 functions 46.2%")
    assert "\ncorrupt file: failed: exited 2, not 0  5/13 functions 38.5%" in shown
    run(result, "--step", "roundtrip", "--report", f"text={tmp_path}/t", "--report", f"json={tmp_path}/j")
    assert (tmp_path / "t").read_text() == shown.partition("\ncorrupt file")[0]
    assert json.loads((tmp_path / "j").read_text())["recipe"]["name"] == "bzip2"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--step", "nowhere"], "no step has this name"),
        (["--missing", "--report", "json=-"], "are for text, which isn't wanted"),
        (["--report", "jsn=x"], "no format 'jsn'"),
        (["--report", "json"], "write FORMAT=PATH"),
        (["--report", "json=/nowhere/at/all"], "there is no such folder"),
        (["--report", "json=-", "--report", "text=-"], "two reports can't be written to one place"),
        (["--report", "json=x", "--report", "text=./x"], "two reports can't be written to one place"),
    ],
)
def test_what_cannot_be_is_refused(result: Path, options: list[str], said: str) -> None:
    done = run(result, *options)
    assert isinstance(done.exception, UsageError)
    assert said in str(done.exception)


def test_a_target_is_checked_before_the_result_is_read(tmp_path: Path) -> None:
    done = run(tmp_path / "nowhere.funkqa", "--report", f"json={tmp_path}")
    assert "a folder stands where a file is to be written" in str(done.exception)


def test_a_report_that_fails_keeps_no_other_from_being_written(
    coverage: Coverage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: Coverage) -> str:
        raise ValueError("a renderer that can't")

    formats = {**FORMATS, "json": broken}
    gone = tmp_path / "gone"
    wanted = (
        Wanted("lcov", f"{gone}/lcov"),
        Wanted("json", f"{tmp_path}/json"),
        Wanted("text", "-"),
        Wanted("csv", f"{tmp_path}/csv"),
    )
    written = reports.write(coverage, wanted, formats=formats)
    assert (tmp_path / "csv").exists()
    assert not (tmp_path / "json").exists()
    with pytest.raises(FunkqaError) as caught:
        written.end(Path("kept it.funkqa"))
    assert capsys.readouterr().out == text.render(coverage)
    assert caught.value.where == f"{gone}/lcov, {tmp_path}/json"
    assert "No such file or directory" in caught.value.message
    assert "a bug in funkqa: ValueError: a renderer that can't" in caught.value.message
    again = "funkqa report 'kept it.funkqa' --report lcov=PATH --report json=PATH"
    assert caught.value.hint == f"the result is kept; write it elsewhere: {again}"


def test_a_report_replaces_a_file_whole_and_leaves_nothing_beside_it(coverage: Coverage, tmp_path: Path) -> None:
    path = tmp_path / ("x" * 250)
    path.write_text("before")
    reports.write(coverage, (Wanted("csv", str(path)),)).end(None)
    assert path.read_text() == FORMATS["csv"](coverage)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_a_pipe_or_device_stays_what_it_is(coverage: Coverage, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    targets = (Wanted("junit", str(pipe)), Wanted("json", "/dev/null"), Wanted("csv", "/dev/null"))
    reports.check_targets(targets)
    reports.write(coverage, targets).end(None)
    assert os.read(reader, 100).startswith(b"<?xml")
    os.close(reader)
    assert pipe.is_fifo()
    assert Path("/dev/null").is_char_device()


def test_a_result_in_a_temporary_folder_can_be_rescued(result: Path, coverage: Coverage) -> None:
    kept = reports.rescued(result)
    try:
        assert read_result(kept) == read_result(result)
    finally:
        kept.unlink()


class Told:
    """A listener that keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[object] = []

    def stage(self, text: str) -> None:
        self.heard.append(text)

    def progress(self, done: int, total: int) -> None:
        self.heard.append((done, total))

    def output(self, chunk: bytes) -> None:
        self.heard.append(chunk)


@pytest.mark.parametrize(("count", "said"), [(1, "writing 1 report"), (3, "writing 3 reports")])
def test_the_reports_are_counted_as_they_are_written(
    coverage: Coverage, tmp_path: Path, count: int, said: str
) -> None:
    told = Told()
    render: Callable[[Coverage], str] = str
    names = [f"format{number}" for number in range(count)]
    wanted = tuple(Wanted(name, str(tmp_path / name)) for name in names)
    reports.write(coverage, wanted, told, dict.fromkeys(names, render))
    assert told.heard == [said, *((done, count) for done in range(count + 1))]


@pytest.fixture
def changes(tmp_path: Path) -> Path:
    """What an update changed in the packages of the result."""
    path = tmp_path / "changes.json"
    path.write_text(jsonreport.render(example_updates.changes()))
    return path


def test_an_update_is_marked_in_every_format(result: Path, changes: Path, tmp_path: Path) -> None:
    options = [each for name in FORMATS for each in ("--report", f"{name}={tmp_path}/{name}.out")]
    done = run(result, "--changed", changes, *options)
    assert done.exit_code == 1  # the verdict's
    for name, render in FORMATS.items():
        assert (tmp_path / f"{name}.out").read_text() == render(example_updates.highlighted())
    printed = run(result, "--changed", changes).output
    assert "the update: 3 of 6 changed and new functions executed, 50.0%" in printed


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "the changes can't be read: No such file or directory"),
        ("{", "this is no JSON"),
        (
            '{"schema": "funkqa/release/1"}',
            "no list of changes (funkqa/changed/1): it is funkqa/release/1",
        ),
        (
            jsonreport.render(example_changes.covered()).replace("bzip2", "gzip"),
            "the changes are of no image that the run measured: /usr/bin/gzip of gzip (x86_64); "
            "the run measured bzip2, libbz2-1",
        ),
    ],
)
def test_changes_that_cannot_be_marked_are_refused(
    result: Path, tmp_path: Path, content: str | None, said: str
) -> None:
    path = tmp_path / "changes.json"
    if content is not None:
        path.write_text(content)
    done = run(result, "--changed", path, "--report", f"text={tmp_path}/text.out")
    assert isinstance(done.exception, UsageError)
    assert said in str(done.exception)
    assert not (tmp_path / "text.out").exists()


def test_a_report_never_replaces_the_changes(result: Path, changes: Path) -> None:
    done = run(result, "--changed", changes, "--report", f"json={changes}")
    assert "would replace this file" in str(done.exception)
