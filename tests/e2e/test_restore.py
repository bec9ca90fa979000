"""``funkqa restore`` after sessions that were killed, on an isolated host."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from funkqa.system import cgroup, leftovers
from tests.e2e import host, isolated
from tests.e2e.running import RUN_TIMEOUT_S, Funkqa
from tests.unprivileged import as_nobody

SLEEPS = "component: bzip2\nexecute: 'setsid sleep 1000 & bzip2 --help; echo sleeping; sleep 1000'\n"
SESSION = """\
import subprocess, time
from funkqa.system import cgroup, locks
with locks.session(), cgroup.created("session") as group:
    join = cgroup.join(cgroup.subgroup(group, "0"))
    subprocess.Popen([*join, "setsid", "sh", "-c", "echo sleeping; sleep 1000"])
    time.sleep(1000)
"""
CLEAN = (0, "nothing to restore\n")


@dataclass(frozen=True, slots=True)
class Isolated:
    """Runs programs on the isolated host, with funkqa's environment of this test."""

    enter: tuple[str, ...]
    funkqa: Funkqa

    def start(self, *command: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*self.enter, *command],
            env=self.funkqa.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *command: str) -> tuple[int, str]:
        """Exit code and output."""
        running = self.start(*command)
        said, _ = running.communicate(timeout=RUN_TIMEOUT_S)
        return running.returncode, said

    def restore(self) -> tuple[int, str]:
        return self.run(sys.executable, "-m", "funkqa", "restore")

    def groups(self) -> str:
        return self.run("sh", "-c", 'cd "$0" && find funkqa -type d', str(self.cgroups))[1]

    @property
    def cgroups(self) -> Path:
        top = cgroup.hierarchy()
        assert top is not None
        return top


@pytest.fixture
def isolated_host(funkqa: Funkqa) -> Iterator[Isolated]:
    with isolated.host(funkqa.cache.parent) as enter:
        yield Isolated(enter, funkqa)


def in_a_step(running: "subprocess.Popen[str]") -> None:
    assert running.stdout is not None
    said = ""
    for line in running.stdout:
        said += line
        if line == "sleeping\n":
            return
    pytest.fail(f"it ended with {running.wait()}: {said}")


def killed(running: "subprocess.Popen[str]") -> None:
    in_a_step(running)
    running.kill()
    assert running.wait() == -signal.SIGKILL


def test_a_killed_run_is_restored_and_a_second_time_there_is_nothing(isolated_host: Isolated) -> None:
    funkqa = isolated_host.funkqa
    before = host.snapshot()
    running = isolated_host.start(*funkqa.command(funkqa.recipe("killed", SLEEPS), "--verbose"))
    killed(running)
    assert f"funkqa/{running.pid}-killed-" in isolated_host.groups()
    code, said = isolated_host.restore()
    assert code == 0, said
    assert f"removed {isolated_host.cgroups}/funkqa/{running.pid}-killed-" in said
    assert host.processes_left(funkqa.marker) == []
    assert "No such file" in isolated_host.groups()
    assert list(funkqa.temporary.iterdir()) == []
    assert host.differences(before) == {}
    assert isolated_host.restore() == CLEAN


def test_a_process_that_outlives_its_killed_session_is_killed(isolated_host: Isolated) -> None:
    killed(isolated_host.start(sys.executable, "-c", SESSION))
    assert host.processes(isolated_host.funkqa.marker)
    code, said = isolated_host.restore()
    assert code == 0, said
    assert host.processes_left(isolated_host.funkqa.marker) == []
    assert isolated_host.restore() == CLEAN


def test_what_a_killed_trace_has_started_goes_on(isolated_host: Isolated) -> None:
    command = (sys.executable, "-m", "funkqa", "trace", "--", "bash", "-c", "echo sleeping; sleep 1000; :")
    running = isolated_host.start(*command)
    killed(running)
    code, said = isolated_host.restore()
    assert code == 0, said
    assert f"/funkqa/{running.pid}-spared.trace-" in said
    assert any("sleep 1000" in line for line in host.processes(isolated_host.funkqa.marker))
    assert list(isolated_host.funkqa.temporary.iterdir()) == []
    assert isolated_host.restore() == CLEAN


def test_beside_a_live_run_it_refuses_and_changes_nothing(isolated_host: Isolated) -> None:
    funkqa = isolated_host.funkqa
    running = isolated_host.start(*funkqa.command(funkqa.recipe("alive", SLEEPS), "--verbose"))
    in_a_step(running)
    groups = isolated_host.groups()
    code, said = isolated_host.restore()
    assert code == 3, said
    assert f"(PID {running.pid})" in said
    assert isolated_host.groups() == groups
    assert any("sleep 1000" in line for line in host.processes(funkqa.marker))
    running.send_signal(signal.SIGINT)
    assert running.wait(30) == 130
    assert isolated_host.restore() == CLEAN


def test_temporary_directories_and_files_are_removed(isolated_host: Isolated) -> None:
    funkqa = isolated_host.funkqa
    made = [funkqa.temporary / f"{prefix}1" for prefix in leftovers.DIRECTORIES]
    for directory in made:
        (directory / "below").mkdir(parents=True)
    unfinished = funkqa.cache / "ab" / f"{leftovers.CACHED}1"
    unfinished.parent.mkdir(exist_ok=True)
    unfinished.touch()
    code, said = isolated_host.restore()
    assert code == 0, said
    assert said.splitlines() == [f"removed {path}" for path in [*made, unfinished]]
    assert isolated_host.restore() == CLEAN


def test_a_command_that_reads_packages_at_the_time_keeps_its_files(isolated_host: Isolated) -> None:
    repository = isolated_host.funkqa.repository
    (package,) = repository.glob("gzip-1*.rpm")
    running = isolated_host.start(sys.executable, "-m", "funkqa", "changed", str(package), str(package))
    deadline = time.monotonic() + RUN_TIMEOUT_S
    while not (made := list(isolated_host.funkqa.temporary.glob("funkqa-changed-*/*"))):
        assert running.poll() is None, running.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.001)
    running.send_signal(signal.SIGSTOP)
    assert isolated_host.restore() == CLEAN
    assert made[0].exists()
    running.send_signal(signal.SIGCONT)
    said, _ = running.communicate(timeout=RUN_TIMEOUT_S)
    assert running.returncode == 0, said
    assert "0 of" in said
    assert list(isolated_host.funkqa.temporary.iterdir()) == []


def test_it_never_removes_files_of_what_is_mounted_in_a_leftover(isolated_host: Isolated) -> None:
    precious = isolated_host.funkqa.directory / "precious"
    precious.mkdir()
    (precious / "file").touch()
    point = isolated_host.funkqa.temporary / "funkqa-work-1" / "mounted"
    point.mkdir(parents=True)
    assert isolated_host.run("mount", "--bind", str(precious), str(point)) == (0, "")
    code, said = isolated_host.restore()
    assert code == 4, said
    assert f"umount {point}" in said
    assert (precious / "file").exists()
    assert isolated_host.run("umount", str(point)) == (0, "")
    assert isolated_host.restore()[0] == 0
    assert not point.parent.exists()


def test_without_root_it_refuses(isolated_host: Isolated) -> None:
    with contextlib.suppress(OSError):
        os.chmod(isolated_host.funkqa.directory, 0o755)
    code, said = isolated_host.run(*as_nobody((sys.executable, "-m", "funkqa", "restore")))
    assert code == 3, said
    assert "must be root" in said
