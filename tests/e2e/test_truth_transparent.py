"""A traced command sees and does what it would without funkqa."""

import os
import pty
import signal
import subprocess
import time
from pathlib import Path

import pytest

from funkqa.analysis.coverage import cover
from funkqa.model.coverage import Verdict
from funkqa.store.reader import read_result
from tests.e2e import traced
from tests.e2e.traced import Tracer

SHOWS_ITSELF = """\
env -0 | sort -z | tr '\\0' '\\n'
grep -E '^(Sig(Blk|Ign|Cgt)|Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp|Umask|Speculation.*)' /proc/self/status
ls /proc/self/fd
ulimit -a; umask; pwd; nice; ps -o sid=,pgid=,tty= $$ | wc -w; tr '\\0' '\\n' </proc/$$/cmdline; cat /proc/$$/comm
"""


@pytest.fixture
def trace(tmp_path: Path, cache: Path) -> Tracer:
    return Tracer(tmp_path, cache)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is measured; the commands here needn't run it."""
    return traced.build(tmp_path_factory.mktemp("transparent") / "setuid", "setuid.c")


@pytest.mark.parametrize("code", [0, 3, 124, 125, 255])
def test_the_exit_code_is_the_commands(trace: Tracer, program: Path, code: int) -> None:
    assert shell_sees(trace, program, "sh", "-c", f"exit {code}") == code


@pytest.mark.parametrize("name", ["TERM", "SEGV", "KILL", "ABRT", "INT", "PIPE"])
def test_death_by_a_signal_is_repeated(trace: Tracer, program: Path, name: str) -> None:
    number = signal.Signals[f"SIG{name}"]
    assert shell_sees(trace, program, "sh", "-c", f"ulimit -c 0; kill -{name} $$") == 128 + number
    done = subprocess.run(
        trace.command([program], ["sh", "-c", f"ulimit -c 0; kill -{name} $$"]),
        env=trace.environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == -number, done.stderr


def test_a_command_that_is_not_there_is_127(trace: Tracer, program: Path) -> None:
    assert shell_sees(trace, program, trace.directory / "missing") == 127
    assert shell_sees(trace, program, "no-such-command-anywhere") == 127
    assert without_subject(trace, "no-such-command-anywhere") == 127


def test_a_command_that_cannot_be_executed_is_126(trace: Tracer, program: Path) -> None:
    text = trace.directory / "text"
    text.write_text("text\n")
    assert shell_sees(trace, program, text) == 126
    assert shell_sees(trace, program, trace.directory) == 126


def test_a_failure_of_funkqa_is_125_and_the_command_never_starts(trace: Tracer, program: Path) -> None:
    text, proof = trace.directory / "text", trace.directory / "proof"
    text.write_text("text\n")
    for options in (
        ("--elf", str(text)),
        ("--elf", str(trace.directory / "missing")),
        ("--elf", str(program), "-o", str(trace.directory / "no/folder/result")),
        ("--elf", str(program), "-o", str(trace.directory)),
        ("--elf", str(program), "--report", "nonsense=x"),
        ("--package", "no-such-package"),
        ("--no-such-option",),
        ("--elf", str(program), "--include", "("),
    ):
        done = subprocess.run(
            [*trace.command([], [])[:4], *options, "--", "touch", str(proof)],
            env=trace.environment,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 125, (options, done.stderr)
        assert done.stderr, options
        assert not proof.exists(), options


def test_a_signal_sent_to_funkqa_reaches_the_command(trace: Tracer, program: Path) -> None:
    script = 'trap "echo got it; exit 7" TERM; echo ready; while :; do sleep 0.02; done'
    running = start(trace, program, "sh", "-c", script)
    assert running.stdout is not None
    assert running.stdout.readline() == b"ready\n"
    running.send_signal(signal.SIGTERM)
    assert running.communicate(timeout=20)[0] == b"got it\n"
    assert running.returncode == 7


def test_a_command_without_a_trap_dies_of_the_signal_and_so_does_funkqa(trace: Tracer, program: Path) -> None:
    running = start(trace, program, "sh", "-c", "echo ready; exec sleep 100")
    assert running.stdout is not None
    assert running.stdout.readline() == b"ready\n"
    running.send_signal(signal.SIGTERM)
    assert running.wait(timeout=20) == -signal.SIGTERM
    assert trace.result.exists()


def test_environment_signals_limits_and_descriptors_are_untouched(trace: Tracer, program: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "FUNKQA_CACHE": str(trace.cache),
        "BASH_FUNC_exported%%": "() {  echo exported\n}",
        "name.with.dots": "1",
    }
    # nohup and "trap '' INT" are what schedulers and build systems do; descriptor 7 is what make's jobserver does.
    prefix = ["bash", "-c", 'trap "" INT HUP USR1; ulimit -n 1000; umask 27; exec 7</dev/null; exec "$@"', "bash"]
    command = ["bash", "-c", SHOWS_ITSELF]
    plain, under_funkqa = (
        subprocess.run(
            [*prefix, *argv],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        for argv in (command, trace.command([program], command))
    )
    assert plain.returncode == 0, plain.stderr
    assert under_funkqa.stdout.splitlines() == plain.stdout.splitlines()
    assert under_funkqa.stderr == plain.stderr


def test_standard_input_is_the_commands(trace: Tracer, program: Path) -> None:
    done = subprocess.run(
        trace.command([program], ["sh", "-c", "read first; echo $first; cat"]),
        env=trace.environment,
        input=b"one\ntwo\n",
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"one\ntwo\n", b"")


def test_the_terminal_is_the_commands(trace: Tracer, program: Path) -> None:
    """Control-C reaches the command only, which may live on."""
    controller, terminal = pty.openpty()
    script = 'tty -s && trap "echo interrupted; exit 9" INT; stty -echo; echo ready; while :; do sleep 0.02; done'
    running = subprocess.Popen(
        trace.command([program], ["sh", "-c", script]),
        env=trace.environment,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
        preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),  # makes it the controlling terminal
    )
    os.close(terminal)
    said = b""
    while b"ready" not in said:
        said += os.read(controller, 4096)
    os.write(controller, b"\x03")
    assert running.wait(timeout=20) == 9
    while b"interrupted" not in said:
        said += os.read(controller, 4096)
    assert b"Traceback" not in said
    os.close(controller)


def test_a_process_that_the_command_leaves_goes_on(trace: Tracer, program: Path) -> None:
    done, forks = trace.directory / "done", trace.directory / "forks"
    script = (
        f'(sleep 1; touch "{done}") >/dev/null 2>&1 & '
        f"(for i in $(seq 400); do /bin/true || echo died; (exit 5); [ $? = 5 ] || echo killed; done; echo all) "
        f'>"{forks}" 2>&1 & exit 6'
    )
    assert shell_sees(trace, program, "bash", "-c", script) == 6
    deadline = time.monotonic() + 10
    while not (done.exists() and forks.read_text().endswith("all\n")) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert done.exists()
    assert forks.read_text() == "all\n"


def test_processes_that_live_for_a_moment_go_on(trace: Tracer) -> None:
    """While funkqa lets go of them, one forks the next and ends."""
    program = traced.build(trace.directory / "processes", "processes.c", options="-O2 -pthread")
    file = trace.directory / "relay"
    trace([program], program, "relay", environment={"RELAY": str(file)})
    deadline = time.monotonic() + 20
    while not file.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert file.exists()


def shell_sees(trace: Tracer, program: Path, *command: str | Path) -> int:
    """The exit status in ``$?``."""
    line = [*trace.command([program], command)]
    done = subprocess.run(
        ["bash", "-c", '"$@"; exit $?', "bash", *line], env=trace.environment, capture_output=True, check=False
    )
    return done.returncode


def without_subject(trace: Tracer, *command: str) -> int:
    return subprocess.run(
        [*trace.command([], command)], env=trace.environment, capture_output=True, check=False
    ).returncode


def start(trace: Tracer, program: Path, *command: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        trace.command([program], command), env=trace.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    )


def test_a_file_that_changes_under_way_counts_as_skipped_and_fails_the_run(trace: Tracer, program: Path) -> None:
    copy = trace.directory / "copy"
    copy.write_bytes(program.read_bytes())
    copy.chmod(0o755)
    done = subprocess.run(
        trace.command([copy], ["sh", "-c", f"{copy}; echo >>{copy}"]),
        env=trace.environment,
        check=False,
    )
    assert done.returncode == 0
    coverage = cover(read_result(trace.result))
    assert coverage.verdict is Verdict.NOTHING
    assert any("changed during the run" in finding for finding in coverage.findings)
    assert (coverage.ratio.covered, coverage.ratio.missing) == (0, 0)
    assert coverage.ratio.skipped
