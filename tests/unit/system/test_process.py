"""Running other programs: fixed conditions, a time limit, and failures worth reading."""

import os
import shlex
import subprocess
import time
from pathlib import Path

import pytest

from funkqa.model.errors import CommandFailed, ToolMissing
from funkqa.system import process


def test_output_and_errors_are_apart() -> None:
    done = process.run(["sh", "-c", "echo out; echo err >&2"])
    assert (done.returncode, done.stdout, done.stderr) == (0, "out\n", "err\n")


def test_the_locale_is_fixed_and_the_environment_is_added_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("KEPT", "yes")
    done = process.run(["sh", "-c", "echo $LC_ALL $KEPT $ADDED"], environment={"ADDED": "too"})
    assert done.stdout == "C.UTF-8 yes too\n"


def test_standard_input_is_what_was_given_or_empty() -> None:
    assert process.run(["cat"], stdin="text\n").stdout == "text\n"
    assert process.run(["cat"]).stdout == ""


def test_output_that_is_no_utf8_is_kept_readable() -> None:
    assert process.run(["printf", r"a\377b"]).stdout == "a\\xffb"


def test_a_prefix_enters_a_place() -> None:
    done = process.run(["sh", "-c", "echo $WHERE"], enter=("env", "WHERE=inside"))
    assert done.stdout == "inside\n"


def test_exit_codes_that_are_accepted_are_no_failure() -> None:
    assert process.run(["sh", "-c", "exit 3"], accept=(0, 3)).returncode == 3


def test_a_failure_carries_a_command_to_paste_and_the_last_lines() -> None:
    script = "for n in $(seq 30); do echo line $n; done; echo 'reason why' >&2; exit 7"
    with pytest.raises(CommandFailed) as caught:
        process.run(["sh", "-c", script, "with space"], hint="do this")
    error = caught.value
    assert shlex.split(error.where) == ["sh", "-c", script, "with space"]
    assert (error.returncode, error.hint) == (7, "do this")
    assert "exit code 7" in error.message
    assert "  | line 30" in error.message
    assert "line 1\n" not in error.message
    assert "reason why" in error.output
    pasted = subprocess.run(error.where, shell=True, capture_output=True, text=True, check=False)
    assert (pasted.returncode, pasted.stderr) == (7, "reason why\n")


def test_a_signal_is_told_by_name() -> None:
    with pytest.raises(CommandFailed, match=r"signal 15 \(SIGTERM\)"):
        process.run(["sh", "-c", "kill $$"])


def test_a_missing_program_is_told_with_the_remedy() -> None:
    with pytest.raises(ToolMissing, match="no-such-program") as caught:
        process.run(["no-such-program"], hint="install it")
    assert caught.value.hint == "install it"


def test_a_program_that_cannot_be_executed_is_told(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n")
    with pytest.raises(ToolMissing, match="Permission denied"):
        process.run([str(program)])


def test_a_time_out_kills_the_whole_group(tmp_path: Path) -> None:
    script = f"sleep 1000 & echo $! > {tmp_path}/pid; wait"
    start = time.monotonic()
    with pytest.raises(CommandFailed, match=r"0\.3 s") as caught:
        process.run(["sh", "-c", script], timeout_s=0.3)
    assert time.monotonic() - start < 5
    assert caught.value.returncode == -9
    pid = int((tmp_path / "pid").read_text())
    deadline = time.monotonic() + 5
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_running(pid)


def is_running(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def test_a_program_beside_funkqa_gets_only_the_environment_it_is_given() -> None:
    child = process.start(["/usr/bin/env"], stdin=False, environment={"ONLY": "this"})
    assert child.stdout is not None
    with child.stdout as output:
        assert output.read() == b"ONLY=this\n"
    assert process.ends_within(child, 5)
    assert os.getsid(0) != child.pid


def test_whether_a_program_ends_in_time() -> None:
    child = process.start(["sleep", "1000"], stdin=False)
    assert not process.ends_within(child, 0.05)
    child.kill()
    assert process.ends_within(child, 5)
    assert child.stdout is not None
    child.stdout.close()


@pytest.mark.parametrize(
    ("returncode", "text"),
    [(0, "exit code 0"), (3, "exit code 3"), (-9, "signal 9 (SIGKILL)"), (-99, "signal 99")],
)
def test_return_codes_in_words(returncode: int, text: str) -> None:
    assert process.describe_returncode(returncode) == text


def test_the_last_lines_are_those_that_say_something() -> None:
    output = "\n".join(["first", "", "  "] + [f"line {number}  " for number in range(12)]) + "\n\n"
    assert process.last_lines(output).splitlines() == [f"  | line {number}" for number in range(12)]
    assert process.last_lines("") == ""
