"""How a step ends, and what is made of that."""

import os
import pwd
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from funkqa.model.measurement import Outcome, StepResult
from funkqa.model.place import RUNNING_SYSTEM
from funkqa.model.recipe import Respect, Step
from funkqa.runner.steps import judge, not_run, run_step
from funkqa.system import cgroup


@pytest.mark.parametrize(
    ("result", "expected", "returncode", "outcome"),
    [
        (Respect.RESPECT, 0, 0, Outcome.PASSED),
        (Respect.RESPECT, 0, 1, Outcome.FAILED),
        (Respect.RESPECT, 3, 3, Outcome.PASSED),
        (Respect.RESPECT, 3, 0, Outcome.FAILED),
        (Respect.RESPECT, 0, -9, Outcome.FAILED),
        (Respect.RESPECT, 9, -9, Outcome.FAILED),
        (Respect.RESPECT, 0, None, Outcome.TIMEOUT),
        (Respect.XFAIL, 0, 0, Outcome.XPASS),
        (Respect.XFAIL, 0, 1, Outcome.XFAIL),
        (Respect.XFAIL, 3, 3, Outcome.XPASS),
        (Respect.XFAIL, 0, -11, Outcome.XFAIL),
        (Respect.XFAIL, 0, None, Outcome.XFAIL),
        (Respect.INFO, 0, 0, Outcome.PASSED),
        (Respect.INFO, 0, 1, Outcome.INFO),
        (Respect.INFO, 0, -6, Outcome.INFO),
        (Respect.INFO, 0, None, Outcome.INFO),
    ],
)
def test_outcomes(result: Respect, expected: int, returncode: int | None, outcome: Outcome) -> None:
    step = Step("s", "true", exit=expected, result=result, duration_s=2.5)
    judged, reason = judge(step, returncode)
    assert judged is outcome
    assert bool(reason) == (outcome is not Outcome.PASSED)


@pytest.mark.parametrize(
    ("returncode", "reason"),
    [
        (1, "exit code 1 instead of exit code 0"),
        (-11, "signal 11 (SIGSEGV) instead of exit code 0"),
        (None, "it ran longer than 2.5 s and was killed"),
    ],
)
def test_reasons(returncode: int | None, reason: str) -> None:
    assert judge(Step("s", "true", duration_s=2.5), returncode)[1] == reason


def test_a_step_that_never_ran_has_no_code_and_no_time() -> None:
    result = not_run(Step("s", "exit 3"), Outcome.SKIPPED, "because")
    assert (result.exit_code, result.signal, result.duration_s, result.output) == (None, None, 0.0, b"")
    assert (result.outcome, result.reason, result.script) == (Outcome.SKIPPED, "because", "exit 3")


@pytest.fixture
def group() -> Iterator[Path]:
    with cgroup.created("unit-test-steps") as made:
        yield made


def run(step: Step, group: Path, work: Path) -> StepResult:
    return run_step(
        step, RUNNING_SYSTEM, group, str(work), {"FROM": "recipe", "BOTH": "recipe"}, lambda chunk: None
    )


@pytest.mark.kernel
def test_a_script_runs_with_errexit_and_pipefail_in_its_directory(group: Path, tmp_path: Path) -> None:
    result = run(Step("s", "pwd; false | true; echo never"), group, tmp_path)
    assert (result.outcome, result.exit_code, result.output) == (Outcome.FAILED, 1, f"{tmp_path}\n".encode())


@pytest.mark.kernel
def test_both_outputs_are_one_and_input_and_environment_are_given(group: Path, tmp_path: Path) -> None:
    script = 'read line; echo "out $line"; echo err >&2; echo "$FROM $BOTH $LC_ALL $HOME $USER"; cat'
    step = Step("s", script, stdin="first\nrest\n", environment={"BOTH": "step"})
    result = run(step, group, tmp_path)
    home = pwd.getpwuid(0).pw_dir
    assert result.output == f"out first\nerr\nrecipe step C.UTF-8 {home} root\nrest\n".encode()
    assert result.outcome is Outcome.PASSED


@pytest.mark.kernel
def test_nothing_of_funkqas_environment_is_passed_on(
    group: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "x")
    assert run(Step("s", 'test -z "${SECRET+set}"'), group, tmp_path).outcome is Outcome.PASSED


@pytest.mark.kernel
def test_input_that_nobody_reads_is_no_failure(group: Path, tmp_path: Path) -> None:
    assert run(Step("s", "true", stdin="x" * 1_000_000), group, tmp_path).outcome is Outcome.PASSED


@pytest.mark.kernel
def test_a_signal_is_told_as_one(group: Path, tmp_path: Path) -> None:
    result = run(Step("s", "kill -SEGV $$"), group, tmp_path)
    assert (result.outcome, result.exit_code, result.signal) == (Outcome.FAILED, None, 11)


@pytest.mark.kernel
def test_a_time_out_kills_everything_that_the_step_started(group: Path, tmp_path: Path) -> None:
    script = "setsid sleep 1000 & (sleep 1000; true) & echo started; sleep 1000"
    start = time.monotonic()
    result = run(Step("s", script, duration_s=0.4), group, tmp_path)
    assert time.monotonic() - start < 5
    assert (result.outcome, result.exit_code, result.signal) == (Outcome.TIMEOUT, None, None)
    assert result.output == b"started\n"
    assert (group / "cgroup.procs").read_text() == ""


@pytest.mark.kernel
def test_a_daemon_outlives_its_step_and_does_not_hold_it_up(group: Path, tmp_path: Path) -> None:
    script = "(while true; do echo tick; sleep 0.05; done) & echo $!"
    start = time.monotonic()
    result = run(Step("s", script), group, tmp_path)
    assert time.monotonic() - start < 4
    assert result.outcome is Outcome.PASSED
    pid = int(result.output.split()[0] if result.output.split()[0].isdigit() else result.output.split()[1])
    time.sleep(0.2)
    os.kill(pid, 0)
    cgroup.kill(group)


@pytest.mark.kernel
def test_a_step_of_another_user_runs_as_that_user(group: Path, tmp_path: Path) -> None:
    work = Path("/var/tmp")
    result = run(Step("s", "id -un; id -u; id -Gn; echo $HOME", user="nobody"), group, work)
    user, uid, groups, _ = result.output.decode().splitlines()
    assert (user, uid) == ("nobody", "65534")
    assert "root" not in groups


@pytest.mark.kernel
def test_a_user_that_is_not_there_fails_the_step_with_the_remedy(group: Path, tmp_path: Path) -> None:
    result = run(Step("s", "true", user="nosuchuser"), group, tmp_path)
    assert result.outcome is Outcome.FAILED
    assert "nosuchuser" in result.reason


@pytest.mark.kernel
def test_output_reaches_the_listener_as_it_comes(group: Path, tmp_path: Path) -> None:
    heard: list[bytes] = []
    step = Step("s", "echo a; sleep 0.2; echo b")
    result = run_step(step, RUNNING_SYSTEM, group, str(tmp_path), {}, heard.append)
    assert b"".join(heard) == result.output == b"a\nb\n"
    assert heard[0] == b"a\n"
