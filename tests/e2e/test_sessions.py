"""Sessions in the background: started, marked, asked, stopped, killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from funkqa.analysis.coverage import cover
from funkqa.model.coverage import State
from funkqa.model.measurement import Measurement
from funkqa.store.reader import read_result
from funkqa.system import mount, sessions
from tests.compiling import tool
from tests.e2e import traced

TIMEOUT_S = 120


@dataclass(frozen=True, slots=True)
class Console:
    """Where somebody types funkqa's commands; sessions carry its name."""

    directory: Path
    cache: Path
    name: str

    def __call__(self, *arguments: str | Path, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "funkqa", *map(str, arguments)],
            cwd=self.directory,
            env={**os.environ, "FUNKQA_CACHE": str(self.cache)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def start(self, *arguments: str | Path, name: str = "", code: int = 0) -> str:
        return self("start", *arguments, "--name", name or self.name, code=code)

    def stop(self, name: str = "", code: int = 0) -> Measurement:
        result = self.directory / "session.funkqa"
        self("stop", "--session", name or self.name, "-o", result, "-q", code=code)
        return read_result(result)

    @property
    def pid(self) -> int:
        return int(sessions.pid(self.name))


@pytest.fixture
def console(tmp_path: Path, cache: Path) -> Iterator[Console]:
    name = f"test-{os.getpid()}"
    yield Console(tmp_path, cache, name)
    for each in (name, f"{name}-other"):
        if sessions.lives(each):
            os.kill(int(sessions.pid(each)), signal.SIGKILL)
            assert sessions.await_end(each)
        sessions.result(each).unlink(missing_ok=True)
        sessions.forget(each)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``main`` calls one function for root and another for others."""
    return traced.build(tmp_path_factory.mktemp("session") / "setuid", "setuid.c", options="-g -O1")


def run(program: Path, *prefix: str) -> None:
    subprocess.run([*prefix, program], stdout=subprocess.DEVNULL, check=True)


def covered(measurement: Measurement) -> set[str]:
    coverage = cover(measurement)
    return {
        each.function.name for image in coverage.images for each in image.functions if each.state is State.COVERED
    }


def steps(measurement: Measurement) -> dict[str, int]:
    """How many functions each step entered."""
    return {
        step.name: sum(hits.bit_count() for (_, number), hits in measurement.hits.items() if number == index)
        for index, step in enumerate(measurement.steps)
    }


AS_NOBODY = ("setpriv", "--reuid=65534", "--clear-groups", "--")


def test_a_session_measures_whoever_runs_the_program(console: Console, program: Path) -> None:
    said = console.start(program)
    assert said.startswith(f"session {console.name}: ")
    assert f"PID {console.pid}" in said
    run(program)
    console("mark", "as nobody", "--session", console.name)
    program.parent.chmod(0o755)
    run(program, *AS_NOBODY)
    assert "step 2, as nobody" in console("status", "--session", console.name)
    console("mark", "nothing", "--session", console.name)
    measurement = console.stop()
    assert measurement.complete
    assert covered(measurement) == {"main", "only_if_privileged", "unused_if_privileged"}
    assert steps(measurement) == {"start": 2, "as nobody": 2, "nothing": 0}
    assert [(each.step, each.user, each.path) for each in measurement.executions] == [
        (0, 0, str(program)),
        (1, 65534, str(program)),
    ]
    assert measurement.run.environment["scope"] == "system"
    assert not sessions.folder(console.name).exists()
    assert not sessions.result(console.name).exists()


def test_reports_are_written_when_it_stops(console: Console, program: Path) -> None:
    console.start(program)
    run(program)
    said = console("stop", "--session", console.name, "--report", "junit=out.xml", "--report", "html=out.html")
    assert "written: " in said
    assert {"out.xml", "out.html", f"{console.name}.funkqa"} == {path.name for path in console.directory.iterdir()}


def test_two_sessions_at_once_measure_each_its_own(console: Console, program: Path) -> None:
    other = f"{console.name}-other"
    second = program.with_name("second")
    second.write_bytes(program.read_bytes())
    second.chmod(0o755)
    console.start(program)
    console.start(second, name=other)
    assert console("status").count("PID ") == 2
    assert "there are several sessions" in console("mark", "which", code=2)
    run(program)
    assert covered(console.stop()) == {"main", "only_if_privileged"}
    run(second)
    measurement = console.stop(other)
    assert covered(measurement) == {"main", "only_if_privileged"}
    assert [each.path for each in measurement.executions] == [str(second)]


def test_only_what_is_there_can_be_asked_for(console: Console, program: Path) -> None:
    assert f"there is no session {console.name}" in console("stop", "--session", console.name, code=2)
    assert f"there is no session {console.name}" in console("mark", "x", "--session", console.name, code=2)
    assert "is no name for a session" in console.start(program, name="../x", code=2)
    assert "can't be read" in console.start(program.with_name("missing"), code=2)
    assert "not installed" in console.start("no-such-package", code=3)
    assert not sessions.lives(console.name)
    console.start(program)
    assert f"a session {console.name} is alive" in console.start(program, code=2)
    run(program)
    assert covered(console.stop()) == {"main", "only_if_privileged"}


def test_of_two_that_begin_at_once_one_is_refused(console: Console, program: Path) -> None:
    command = [sys.executable, "-m", "funkqa", "start", str(program), "--name", console.name]
    both = [subprocess.Popen(command, env={**os.environ, "FUNKQA_CACHE": str(console.cache)}) for _ in range(2)]
    assert sorted(each.wait(TIMEOUT_S) for each in both) == [0, 2]
    run(program)
    assert covered(console.stop()) == {"main", "only_if_privileged"}


def test_what_is_interrupted_while_it_begins_leaves_nothing(console: Console, program: Path) -> None:
    command = [sys.executable, "-m", "funkqa", "start", str(program), "--name", console.name]
    for delay in (0.2, 0.3, 0.4, 0.6):
        starting = subprocess.Popen(command, env={**os.environ, "FUNKQA_CACHE": str(console.cache)})
        time.sleep(delay)
        starting.send_signal(signal.SIGTERM)
        if starting.wait(TIMEOUT_S) == 0:  # it was quicker
            console.stop(code=3)
        assert console.name not in sessions.names()


def test_a_path_is_that_of_the_caller(console: Console, program: Path) -> None:
    copy = console.directory / "copy"
    copy.write_bytes(program.read_bytes())
    copy.chmod(0o755)
    console.start("./copy")
    run(copy)
    assert covered(console.stop()) == {"main", "only_if_privileged"}


def test_a_shim_is_not_taken_for_its_program(console: Console, program: Path) -> None:
    console.start("--shim", program)
    assert "a session's shim stands in front of it" in console.start(program, name=f"{console.name}-other", code=3)
    assert "a session's shim stands in front of it" in console("trace", "--elf", program, "--", program, code=125)
    console.stop(code=3)


def test_shims_without_a_program_are_refused(console: Console, program: Path) -> None:
    said = console.start("--shim", sessions_library(program), code=3)
    assert "no program to put a shim in front of" in said


def test_it_survives_the_console_that_started_it(console: Console, program: Path) -> None:
    command = [sys.executable, "-m", "funkqa", "start", str(program), "--name", console.name]
    script = f"import subprocess, time; subprocess.run({command!r}); print('up', flush=True); time.sleep(60)"
    leader, terminal = os.openpty()
    shell = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=terminal,
        start_new_session=True,
        env={**os.environ, "FUNKQA_CACHE": str(console.cache)},
    )
    os.close(terminal)
    assert shell.stdout is not None
    while b"up" not in shell.stdout.readline():
        assert shell.poll() is None
    os.close(leader)
    os.killpg(shell.pid, signal.SIGHUP)
    shell.wait()
    shell.stdout.close()
    run(program)
    assert covered(console.stop()) == {"main", "only_if_privileged"}


def test_a_signal_ends_it_with_all_that_it_measured(console: Console, program: Path) -> None:
    console.start(program)
    run(program)
    os.kill(console.pid, signal.SIGTERM)
    assert sessions.await_end(console.name)
    measurement = console.stop()
    assert measurement.complete
    assert covered(measurement) == {"main", "only_if_privileged"}


def test_a_killed_session_keeps_the_steps_that_were_over(console: Console, program: Path) -> None:
    console.start(program)
    run(program)
    console("mark", "lost", "--session", console.name)
    run(program, *AS_NOBODY)
    os.kill(console.pid, signal.SIGKILL)
    assert sessions.await_end(console.name)
    assert "died" in console("status", "--session", console.name)
    assert "has died" in console("mark", "x", "--session", console.name, code=3)
    assert "has died" in console("wait", "--session", console.name, code=3)
    assert "its result is still there" in console.start(program, code=2)
    assert "removed" in console("restore")
    measurement = console.stop(code=1)
    assert not measurement.complete
    assert covered(measurement) == {"main", "only_if_privileged"}
    assert [step.name for step in measurement.steps] == ["start"]


def test_wait_ends_with_the_session(console: Console, program: Path) -> None:
    console.start(program)
    assert "still measures" in console("wait", "--session", console.name, "--timeout", "0.1", code=3)
    waiting = subprocess.Popen([sys.executable, "-m", "funkqa", "wait", "--session", console.name])
    time.sleep(0.5)
    assert waiting.poll() is None
    run(program)
    console.stop()
    assert waiting.wait(TIMEOUT_S) == 0


def test_with_shims_only_who_runs_the_program_counts(console: Console, program: Path) -> None:
    library = sessions_library(program)
    user = program.with_name("user")
    tool("gcc", "-g", "-O1", "-o", str(user), str(program.with_name("user.c")), str(library))
    stranger = program.with_name("stranger")
    tool("gcc", "-g", "-O1", "-DSTRANGER", "-o", str(stranger), str(program.with_name("user.c")), str(library))
    before = facts(user)
    console.start("--shim", user, library)
    assert [each.point for each in mount.mounts() if each.point == str(user)] == [str(user)]
    run(stranger)
    run(user)
    assert "shim stands in front of it" in console.start("--shim", user, name=f"{console.name}-other", code=3)
    measurement = console.stop()
    assert {name for name in covered(measurement) if name.startswith("only_")} == {"only_user"}
    assert [each.path for each in measurement.executions] == [str(user)]
    assert facts(user) == before
    assert not [each for each in mount.mounts() if "funkqa" in each.source or "funkqa" in each.point]


def test_shims_of_a_killed_session_keep_working_until_they_are_removed(console: Console, program: Path) -> None:
    before = facts(program)
    console.start("--shim", program)
    run(program)
    os.kill(console.pid, signal.SIGKILL)
    assert sessions.await_end(console.name)
    assert [each for each in mount.mounts() if each.point == str(program)]
    run(program)
    assert "removed /run/funkqa/shims-" in console("restore")
    run(program)
    assert not [each for each in mount.mounts() if "funkqa" in each.source or "funkqa" in each.point]
    assert facts(program) == before
    console.stop(code=3)


def facts(path: Path) -> tuple[object, ...]:
    status = path.stat()
    return (
        status.st_ino,
        status.st_nlink,
        status.st_mode,
        status.st_mtime_ns,
        status.st_ctime_ns,
        path.read_bytes(),
        sorted((name, os.getxattr(path, name)) for name in os.listxattr(path)),
    )


def sessions_library(program: Path) -> Path:
    """A library with a function for each of two programs, and the source of these."""
    folder = program.parent
    (folder / "shared.c").write_text("int only_user(void) { return 1; }\nint only_stranger(void) { return 2; }\n")
    (folder / "user.c").write_text(
        "int only_user(void), only_stranger(void);\n"
        "#ifdef STRANGER\nint main(void) { return only_stranger() != 2; }\n"
        "#else\nint main(void) { return only_user() != 1; }\n#endif\n"
    )
    library = folder / "libshared.so"
    tool("gcc", "-g", "-O1", "-shared", "-fPIC", "-o", str(library), str(folder / "shared.c"))
    return library
