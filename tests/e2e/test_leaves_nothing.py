"""However a run ends, the host is as it was."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from funkqa.store.reader import read_result
from funkqa.system import cgroup
from tests.e2e import host
from tests.e2e.running import RUN_TIMEOUT_S, Funkqa

SLEEPS = """\
component: bzip2
also: libbz2-1
execute:
  - name: sleeps
    script: |
      setsid sleep 1000 &
      (trap '' TERM INT HUP; bzip2 </dev/zero >/dev/null) &
      echo sleeping
      sleep 1000
"""
PASSES = """\
component: bzip2
prepare: echo one >text
execute: [bzip2 text, bunzip2 text.bz2]
"""
EXIT_CODE = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}


@pytest.fixture
def before() -> host.Snapshot:
    return host.snapshot()


def assert_nothing_is_left(funkqa: Funkqa, before: host.Snapshot) -> None:
    assert host.processes_left(funkqa.marker) == []
    assert host.differences(before) == {}


def assert_no_temporary_file_is_left(funkqa: Funkqa) -> None:
    assert list(funkqa.temporary.iterdir()) == []


def test_a_passed_run_leaves_nothing(funkqa: Funkqa, before: host.Snapshot) -> None:
    running = funkqa.start(funkqa.recipe("passes", PASSES))
    _, said = running.communicate(timeout=RUN_TIMEOUT_S)
    assert running.returncode == 0, said
    assert host.cgroups(running.pid) == []
    assert_nothing_is_left(funkqa, before)
    assert_no_temporary_file_is_left(funkqa)


def test_a_failed_run_leaves_nothing_and_exits_with_1(funkqa: Funkqa, before: host.Snapshot) -> None:
    recipe = funkqa.recipe("fails", "component: bzip2\nexecute: 'setsid sleep 1000 & bzip2 --nonsense'\n")
    running = funkqa.start(recipe)
    _, said = running.communicate(timeout=RUN_TIMEOUT_S)
    assert running.returncode == 1, said
    assert host.cgroups(running.pid) == []
    assert_nothing_is_left(funkqa, before)
    assert_no_temporary_file_is_left(funkqa)


def test_a_directory_for_the_throw_away_root_is_empty_again(funkqa: Funkqa) -> None:
    store = funkqa.directory / "store"
    store.mkdir()
    done = funkqa.run(funkqa.recipe("stored", PASSES), "--sandbox-dir", str(store))
    assert done.returncode == 0, done.stderr
    assert list(store.iterdir()) == []


def test_an_unknown_package_leaves_nothing_and_exits_with_3(funkqa: Funkqa, before: host.Snapshot) -> None:
    done = funkqa.run(funkqa.recipe("unknown", "component: no-such-package\nexecute: 'true'\n"))
    assert done.returncode == 3, done.stderr
    assert "no-such-package" in done.stderr
    assert "Traceback" not in done.stderr
    assert_nothing_is_left(funkqa, before)
    assert_no_temporary_file_is_left(funkqa)


def test_a_wrong_recipe_is_refused_with_2_before_anything_happens(funkqa: Funkqa, before: host.Snapshot) -> None:
    done = funkqa.run(funkqa.recipe("wrong", "component: bzip2\nexecute: 'true'\ncomponet: bzip2\n"))
    assert done.returncode == 2, done.stderr
    assert "wrong.yaml:6:1" in done.stderr
    assert "throw-away root" not in done.stderr
    assert not Path(funkqa.result(Path("wrong.yaml"))).exists()
    assert_nothing_is_left(funkqa, before)


def remove_empty_groups(pid: int) -> None:
    """Directories of the cgroup are all that a killed run may leave, and nobody may be in them."""
    for group in host.cgroups(pid):
        assert "populated 0" in (group / "cgroup.events").read_text()
        for directory, _, _ in os.walk(group, topdown=False):
            os.rmdir(directory)


def said(running: "subprocess.Popen[str]", text: str) -> None:
    """Wait until funkqa says this on standard error."""
    assert running.stderr is not None
    for line in running.stderr:
        if text in line:
            return
    pytest.fail(f"it ended with {running.wait()} before it said {text!r}")


def in_a_step(running: "subprocess.Popen[str]") -> None:
    said(running, "sleeping")


def in_the_install(running: "subprocess.Popen[str]") -> None:
    said(running, "installing bzip2")
    time.sleep(0.15)


def in_the_debuginfo(running: "subprocess.Popen[str]") -> None:
    said(running, "installing debuginfo")
    time.sleep(0.1)


def while_attaching(running: "subprocess.Popen[str]") -> None:
    said(running, "attaching")


def at_the_start(running: "subprocess.Popen[str]") -> None:
    said(running, "making a throw-away root")


STAGES = (at_the_start, in_the_install, in_the_debuginfo, while_attaching, in_a_step)
Stage = Callable[["subprocess.Popen[str]"], None]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("number", EXIT_CODE)
def test_a_signal_undoes_everything(
    funkqa: Funkqa, before: host.Snapshot, stage: Stage, number: signal.Signals
) -> None:
    running = funkqa.start(funkqa.recipe("interrupted", SLEEPS), "--verbose")
    stage(running)
    os.killpg(running.pid, number)  # as a terminal or a CI system does
    _, rest = running.communicate(timeout=30)
    assert running.returncode == EXIT_CODE[number], rest
    assert "Traceback" not in rest
    assert host.cgroups(running.pid) == []
    assert_nothing_is_left(funkqa, before)
    assert_no_temporary_file_is_left(funkqa)


@pytest.mark.parametrize("stage", STAGES)
def test_sigkill_leaves_no_process_mount_or_link(funkqa: Funkqa, before: host.Snapshot, stage: Stage) -> None:
    running = funkqa.start(funkqa.recipe("killed", SLEEPS), "--verbose")
    stage(running)
    running.kill()
    _, rest = running.communicate(timeout=30)
    assert "Traceback" not in rest
    assert running.returncode == -signal.SIGKILL
    assert_nothing_is_left(funkqa, before)
    remove_empty_groups(running.pid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_at_any_moment_leave_nothing(
    funkqa: Funkqa, before: host.Snapshot, number: signal.Signals
) -> None:
    recipe = funkqa.recipe("anytime", PASSES)
    began = time.monotonic()
    assert funkqa.run(recipe).returncode == 0
    duration_s = time.monotonic() - began
    for moment in range(10):
        running = funkqa.start(recipe)
        time.sleep(duration_s * (moment + 1) / 11)
        running.send_signal(number)
        _, rest = running.communicate(timeout=30)
        assert running.returncode in (0, EXIT_CODE[number], -number), rest
        assert host.cgroups(running.pid) == []
        assert_no_temporary_file_is_left(funkqa)
    assert_nothing_is_left(funkqa, before)


def test_the_signal_that_comes_second_disturbs_nothing(funkqa: Funkqa, before: host.Snapshot) -> None:
    running = funkqa.start(funkqa.recipe("twice", SLEEPS), "--verbose")
    in_a_step(running)
    for _ in range(20):
        running.send_signal(signal.SIGINT)
        time.sleep(0.005)
    _, rest = running.communicate(timeout=30)
    assert running.returncode == 130, rest
    assert host.cgroups(running.pid) == []
    assert_nothing_is_left(funkqa, before)
    assert_no_temporary_file_is_left(funkqa)


def test_the_group_of_a_killed_run_is_in_nobodys_way(before: host.Snapshot) -> None:
    with cgroup.created("5-same") as left, cgroup.created("5-same") as group:
        assert left != group
    assert not left.exists()
    assert not group.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_what_was_measured_before_the_end_can_be_read(funkqa: Funkqa, number: signal.Signals) -> None:
    recipe = funkqa.recipe("half", "component: bzip2\nexecute: [bzip2 --help, 'echo sleeping; sleep 1000']\n")
    running = funkqa.start(recipe, "--verbose")
    in_a_step(running)
    running.send_signal(number)
    running.communicate(timeout=30)
    remove_empty_groups(running.pid)
    measurement = read_result(Path(funkqa.result(recipe)))
    assert not measurement.complete
    assert [step.script.strip() for step in measurement.steps] == ["bzip2 --help"]
    assert any(measurement.hits.values())
    done = funkqa("report", funkqa.result(recipe))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "the run died after step 1 (execute-1)" in done.stdout
