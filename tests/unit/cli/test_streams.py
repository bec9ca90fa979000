"""Standard output that is full, closed, or read by nobody, and files that a report would replace."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from funkqa.cli import reports
from funkqa.model.errors import UsageError
from funkqa.store.whole import write_result
from tests.examples import measurement


@pytest.fixture
def result(tmp_path: Path) -> Path:
    path = tmp_path / "a.funkqa"
    write_result(path, measurement())
    return path


def report(redirection: str, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """``funkqa report`` as a shell starts it with this redirection."""
    command = [sys.executable, "-m", "funkqa", "report", *map(str, arguments)]
    shell = ["sh", "-c", f'exec "$@" {redirection}', "sh", *command]
    return subprocess.run(shell, capture_output=True, text=True, check=False)


def test_a_full_disk_behind_standard_output_is_told(result: Path) -> None:
    done = report(">/dev/full", result)

    assert done.returncode == 3
    assert done.stderr == "funkqa: the output can't be written: No space left on device\n"


def test_closed_streams_stay_closed_and_nothing_else_gets_their_numbers(result: Path, tmp_path: Path) -> None:
    before = result.read_bytes()
    done = report(f"--report json={tmp_path}/a.json <&- >&- 2>&-", result)

    assert done.returncode == 0
    assert (tmp_path / "a.json").read_text().startswith("{")
    assert result.read_bytes() == before


@pytest.mark.parametrize("options", [(), ("--report", "text=-"), ("--report", "json=-")])
def test_a_report_on_closed_or_full_standard_output_is_no_success(result: Path, options: tuple[str, ...]) -> None:
    for redirection, reason in ((">&-", "Bad file descriptor"), (">/dev/full", "No space left on device")):
        done = report(redirection, result, *options)

        assert done.returncode == 3
        assert done.stderr.splitlines()[-1] == f"funkqa: the output can't be written: {reason}"


def test_a_reader_that_has_gone_is_as_for_other_programs(result: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "funkqa", "report", str(result)]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)

    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, "")


def test_a_name_that_is_too_long_is_told(result: Path, tmp_path: Path) -> None:
    done = report("", result, "--report", f"html={tmp_path}/{'a' * 300}")

    assert done.returncode == 3
    assert "File name too long" in done.stderr


@pytest.mark.parametrize("spelled", ["a.funkqa", "./a.funkqa", "link"])
def test_a_report_never_replaces_the_result(result: Path, spelled: str) -> None:
    before = result.read_bytes()
    (result.parent / "link").symlink_to(result)
    done = report("", result, "--report", f"html={result.parent}/{spelled}")

    assert done.returncode == 2
    assert "the html report would replace this file" in done.stderr
    assert result.read_bytes() == before


def test_a_result_never_replaces_a_file_that_is_none(tmp_path: Path) -> None:
    recipe = tmp_path / "b.yaml"
    recipe.write_text("version: 1\nsummary: one\ncomponent: b\nexecute: 'true'\n")
    notes = tmp_path / "notes.txt"
    notes.write_text("mine")
    for path, said in ((recipe, "would replace this file"), (notes, "a file that is no result stands here")):
        before = path.read_bytes()
        command = [sys.executable, "-m", "funkqa", "run", str(recipe), "-o", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert said in done.stderr
        assert path.read_bytes() == before


def test_a_result_replaces_no_device_or_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, Path(os.devnull)):
        with pytest.raises(UsageError, match="it is no regular file"):
            reports.check_result(path)
