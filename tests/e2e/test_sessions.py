"""Sessions in the background: started, marked, asked, stopped, killed; on a host of their own."""

import os
import shutil
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
from tests.compiling import tool
from tests.e2e import isolated, traced

TIMEOUT_S = 120
APART = """
mkdir -p /run/lib/upper /run/lib/work
mount -t overlay none -o lowerdir=/var/lib,upperdir=/run/lib/upper,workdir=/run/lib/work /var/lib
rm -rf /var/lib/funkqa
"""
CLEAR = """
if [ -e /run/funkqa ]; then
    kill -KILL $(cat /run/funkqa/sessions/*/pid) || :
    for name in /run/funkqa/sessions/*; do "$@" wait --session "${name##*/}" || :; done
    "$@" restore
fi 2>/dev/null
umount -q /var/lib/funkqa || :
rm -rf /var/lib/funkqa
"""
FUNKQA = (sys.executable, "-m", "funkqa")


@dataclass(frozen=True, slots=True)
class Console:
    """Where somebody types commands, all of them on the host that ``enter`` leads to."""

    enter: tuple[str, ...]
    directory: Path
    cache: Path
    name: str = "console"

    def __call__(self, *arguments: str | Path, code: int = 0) -> str:
        done = subprocess.run(
            self.funkqa(*arguments),
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def funkqa(self, *arguments: str | Path) -> list[str]:
        return [*self.enter, *FUNKQA, *map(str, arguments)]

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "FUNKQA_CACHE": str(self.cache)}

    def starting(self, *arguments: str | Path) -> "subprocess.Popen[bytes]":
        """A start that nobody waits for yet."""
        command = self.funkqa("start", *arguments)
        return subprocess.Popen(
            command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def start(self, *arguments: str | Path, name: str = "", code: int = 0) -> str:
        return self("start", *arguments, "--name", name or self.name, code=code)

    def stop(self, name: str = "", code: int = 0) -> Measurement:
        result = self.directory / "session.funkqa"
        self("stop", "--session", name or self.name, "-o", result, "-q", code=code)
        return read_result(result)

    def run(self, program: Path, *prefix: str) -> None:
        subprocess.run([*self.enter, *prefix, program], stdout=subprocess.DEVNULL, check=True)

    def shell(self, script: str, *arguments: str | Path) -> str:
        command = [*self.enter, "bash", "-ec", script, "bash", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd=self.directory).stdout

    def mounted(self) -> list[str]:
        """Points of the mounts that are funkqa's."""
        return [
            line.split()[4]
            for line in self.shell("cat /proc/self/mountinfo").splitlines()
            if "funkqa-shims" in line
        ]

    @property
    def pid(self) -> int:
        return int(self.shell('cat "/run/funkqa/sessions/$1/pid"', self.name))


@pytest.fixture(scope="module")
def apart(
    measurable_host: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[tuple[str, ...], Path]]:
    """A host with folders of its own for sessions and their results, and a folder that is the same outside."""
    folder = tmp_path_factory.mktemp("sessions")
    with isolated.host(folder) as enter:
        subprocess.run([*enter, "bash", "-ec", APART], check=True)
        yield enter, folder


@pytest.fixture
def console(apart: tuple[tuple[str, ...], Path], request: pytest.FixtureRequest) -> Iterator[Console]:
    enter, folder = apart
    directory = folder / request.node.name
    directory.mkdir()
    opened = Console(enter, directory, folder / "cache")
    yield opened
    opened.shell(CLEAR, *FUNKQA)


@pytest.fixture(scope="module")
def program(apart: tuple[tuple[str, ...], Path]) -> Path:
    """``main`` calls one function for root and another for others."""
    _, folder = apart
    folder.chmod(0o755)
    (folder / "programs").mkdir(mode=0o755)
    return traced.build(folder / "programs" / "setuid", "setuid.c", options="-g -O1")


def copied(program: Path, name: str) -> Path:
    return Path(shutil.copy(program, program.with_name(name)))


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
BY_ROOT = {"main", "only_if_privileged"}


def test_a_session_measures_whoever_runs_the_program(console: Console, program: Path) -> None:
    said = console.start(program)
    assert said.startswith(f"session {console.name}: ")
    assert f"PID {console.pid}" in said
    console.run(program)
    console("mark", "as nobody")
    console.run(program, *AS_NOBODY)
    assert "step 2, as nobody" in console("status", "--session", console.name)
    for taken in ("start", " as  nobody"):
        assert "is already the name of another step of the session" in console("mark", taken, code=2)
    console("mark", "nothing")
    measurement = console.stop()
    assert measurement.complete
    assert covered(measurement) == {"main", "only_if_privileged", "unused_if_privileged"}
    assert steps(measurement) == {"start": 2, "as nobody": 2, "nothing": 0}
    assert [(each.step, each.user, each.path) for each in measurement.executions] == [
        (0, 0, str(program)),
        (1, 65534, str(program)),
    ]
    assert measurement.run.environment["scope"] == "system"
    assert console("status") == "no session\n"
    assert console.shell("ls -d /run/funkqa /var/lib/funkqa 2>&1 || :").count("No such file") == 2


def test_two_sessions_at_once_measure_each_its_own(console: Console, program: Path) -> None:
    second = copied(program, "second")
    console.start(program)
    console.start(second, name="other")
    assert console("status").count("PID ") == 2
    assert "there are several sessions" in console("mark", "which", code=2)
    assert "end it: funkqa stop --session " in console("restore", code=3)
    console.run(program)
    assert covered(console.stop()) == BY_ROOT
    console.run(second)
    measurement = console.stop("other")
    assert covered(measurement) == BY_ROOT
    assert [each.path for each in measurement.executions] == [str(second)]


def test_only_what_is_there_can_be_asked_for(console: Console, program: Path) -> None:
    assert "can't be read" in console.start(program.with_name("missing"), code=2)
    assert "not installed" in console.start("no-such-package", code=3)
    assert console("status") == "no session\n"
    console.start(program)
    assert f"a session {console.name} is alive" in console.start(program, code=2)
    assert console.shell('cat "/var/lib/funkqa/sessions/$1.log"', console.name) == ""
    console.run(program)
    assert covered(console.stop()) == BY_ROOT


def test_of_two_that_begin_at_once_one_is_refused(console: Console, program: Path) -> None:
    both = [console.starting(program, "--name", console.name) for _ in range(2)]
    assert sorted(each.wait(TIMEOUT_S) for each in both) == [0, 2]
    console.run(program)
    assert covered(console.stop()) == BY_ROOT
    both = [console.starting("--shim", program, "--name", name) for name in ("one", "two")]
    assert sorted(each.wait(TIMEOUT_S) for each in both) == [0, 3]
    assert console.mounted().count(str(program)) == 1
    console.run(program)
    console("stop", "-q")
    assert console.mounted() == []


def test_what_is_interrupted_while_it_begins_leaves_nothing(console: Console, program: Path) -> None:
    for delay in (0.2, 0.3, 0.4, 0.6):
        starting = console.starting(program, "--name", console.name)
        time.sleep(delay)
        starting.send_signal(signal.SIGTERM)
        if starting.wait(TIMEOUT_S) == 0:  # it was quicker
            console.stop(code=3)
        assert console.shell("ls /run/funkqa /var/lib/funkqa/sessions 2>/dev/null || :") == ""


def test_a_session_goes_on_where_nobody_hears_that_it_has_begun(console: Console, program: Path) -> None:
    copy = console.directory / "copy"
    shutil.copy(program, copy)
    start = console.funkqa("start", "./copy", "--name", console.name)  # a path is that of the caller
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            start,
            cwd=console.directory,
            env=console.environment,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 0
    assert done.stderr == (
        f"funkqa: the session {console.name} has begun, but the output can't be written: No space left on device\n"
        f"  end it: funkqa stop --session {console.name}\n"
    )
    console.run(copy)
    assert covered(console.stop()) == BY_ROOT


def test_shims_without_a_program_are_refused(console: Console, program: Path) -> None:
    said = console.start("--shim", sessions_library(program), code=3)
    assert "no program to put a shim in front of" in said


def test_sessions_with_shims_of_different_programs_end_in_any_order(console: Console, program: Path) -> None:
    second = copied(program, "second")
    console.start("--shim", program)
    console.start("--shim", second, name="other")
    console.run(program)
    assert covered(console.stop()) == BY_ROOT
    console.run(program)
    console.run(second)
    for begins in (("start",), ("start", "--shim")):
        assert "a session's shim stands in front of it" in console(*begins, second, "--name", "third", code=3)
    assert "a session's shim stands in front of it" in console("trace", "--elf", second, "--", second, code=125)
    console.start("--shim", program)
    assert covered(console.stop("other")) == BY_ROOT
    console.run(second)
    console.run(program)
    measurement = console.stop()
    assert [each.path for each in measurement.executions] == [str(program)]
    assert console.mounted() == []


def test_it_survives_the_console_that_started_it(console: Console, program: Path) -> None:
    command = console.funkqa("start", program, "--name", console.name)
    script = f"import subprocess, time; subprocess.run({command!r}); print('up', flush=True); time.sleep(60)"
    leader, terminal = os.openpty()
    shell = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=terminal,
        start_new_session=True,
        env=console.environment,
    )
    os.close(terminal)
    assert shell.stdout is not None
    while b"up" not in shell.stdout.readline():
        assert shell.poll() is None
    os.close(leader)
    os.killpg(shell.pid, signal.SIGHUP)
    shell.wait()
    shell.stdout.close()
    console.run(program)
    assert covered(console.stop()) == BY_ROOT


def test_a_signal_ends_it_with_all_that_it_measured(console: Console, program: Path) -> None:
    console.start(program)
    console.run(program)
    os.kill(console.pid, signal.SIGTERM)
    console("wait")
    assert console("status") == f"{console.name}: ended; take its result: funkqa stop --session {console.name}\n"
    assert "its result is still there" in console.start(program, code=2)
    measurement = console.stop()
    assert measurement.complete
    assert covered(measurement) == BY_ROOT


def test_a_killed_session_keeps_the_steps_that_were_over(console: Console, program: Path) -> None:
    console.start(program)
    console.run(program)
    console("mark", "lost", "--session", console.name)
    console.run(program, *AS_NOBODY)
    os.kill(console.pid, signal.SIGKILL)
    assert "has died" in console("wait", "--session", console.name, code=3)
    assert "died" in console("status", "--session", console.name)
    assert "has died" in console("mark", "x", "--session", console.name, code=3)
    assert "its result is still there" in console.start(program, code=2)
    assert "removed" in console("restore")
    measurement = console.stop(code=1)
    assert not measurement.complete
    assert covered(measurement) == BY_ROOT
    assert [step.name for step in measurement.steps] == ["start"]


def test_full_disks_cost_neither_the_steps_that_were_over_nor_the_programs(
    console: Console, program: Path
) -> None:
    console.shell("mkdir /var/lib/funkqa small; mount -t tmpfs -o size=512k none /var/lib/funkqa")
    console.start(program)
    console.run(program)
    console("mark", "lost")
    console.shell("cat /dev/zero >/var/lib/funkqa/full 2>/dev/null || :")
    console.run(program, *AS_NOBODY)
    said = console("mark", "never", code=3)
    assert f"the session {console.name} ends: the result file can't be written: " in said
    assert "df -h /var/lib/funkqa/sessions; take what its steps that were over measured: funkqa stop " in said
    console("wait", code=3)
    console.run(program)
    small = console.directory / "small"
    console.shell('mount -t tmpfs -o size=4k none "$1"', small)
    said = console("stop", "-o", small / "a.funkqa", code=3)
    assert f"{small}/a.funkqa: the result can't be written: No space left on device\n" in said
    assert "keeps it; write it elsewhere: funkqa stop --session console -o PATH" in said
    assert console.shell('ls -A "$1"', small) == ""
    measurement = console.stop(code=1)
    assert covered(measurement) == BY_ROOT
    assert [step.name for step in measurement.steps] == ["start"]


def test_wait_ends_with_the_session_and_reports_are_written(console: Console, program: Path) -> None:
    console.start(program)
    assert "still measures" in console("wait", "--session", console.name, "--timeout", "0.1", code=3)
    waiting = subprocess.Popen(console.funkqa("wait", "--session", console.name))
    interrupted = subprocess.Popen(console.funkqa("wait"), stderr=subprocess.PIPE, text=True)
    time.sleep(0.5)
    assert waiting.poll() is None
    interrupted.send_signal(signal.SIGINT)
    assert f"interrupted; the session {console.name} goes on\n" in interrupted.communicate()[1]
    console.run(program)
    said = console("stop", "--session", console.name, "--report", "junit=out.xml", "--report", "html=out.html")
    assert "written: " in said
    assert {"out.xml", "out.html", f"{console.name}.funkqa"} == {path.name for path in console.directory.iterdir()}
    assert waiting.wait(TIMEOUT_S) == 0


def test_with_shims_only_who_runs_the_program_counts(console: Console, program: Path) -> None:
    library = sessions_library(program)
    user = program.with_name("user")
    tool("gcc", "-g", "-O1", "-o", str(user), str(program.with_name("user.c")), str(library))
    stranger = program.with_name("stranger")
    tool("gcc", "-g", "-O1", "-DSTRANGER", "-o", str(stranger), str(program.with_name("user.c")), str(library))
    before = facts(user)
    console.start("--shim", user, library)
    assert console.mounted().count(str(user)) == 1
    console.run(stranger)
    console.run(user)
    measurement = console.stop()
    assert {name for name in covered(measurement) if name.startswith("only_")} == {"only_user"}
    assert [each.path for each in measurement.executions] == [str(user)]
    assert facts(user) == before
    assert console.mounted() == []


def test_shims_of_a_killed_session_keep_working_until_they_are_removed(console: Console, program: Path) -> None:
    before = facts(program)
    second = copied(program, "second")
    console.start("--shim", program)
    console.start(second, name="other")
    console.run(program)
    console.run(second)
    console("mark", "lost", "--session", console.name)
    os.kill(console.pid, signal.SIGKILL)
    console("wait", "--session", console.name, code=3)
    assert covered(console.stop("other")) == BY_ROOT, "its code is its own"
    assert str(program) in console.mounted()
    console.run(program)
    told = f"shims of a session that died are mounted still in front of {program}"
    assert f"{told}; remove them: funkqa restore\n" in console("status", code=4)
    result = console.directory / "a.funkqa"
    said = console("stop", "-o", result, code=4)
    assert f"funkqa: {told}\n  remove them: funkqa restore\n" in said
    assert covered(read_result(result)) == BY_ROOT
    assert f"no session\n{told}; " in console("status", code=4)
    assert "removed /run/funkqa/shims-" in console("restore")
    assert console("status") == "no session\n"
    console.run(program)
    assert console.mounted() == []
    assert facts(program) == before


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
