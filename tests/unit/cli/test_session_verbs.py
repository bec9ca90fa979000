"""``funkqa status``, ``mark``, ``wait`` and ``stop`` beside sessions in every state."""

import errno
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from funkqa.cli import mark, status, stop, wait
from funkqa.model.coverage import Verdict
from funkqa.model.errors import FunkqaError, HostUnfit, Interrupted, LeftChanged, UsageError
from funkqa.pipeline.shimming import BASE
from funkqa.report.text import VERDICTS
from funkqa.shim.mounts import SOURCE
from funkqa.store.reader import read_result
from funkqa.store.whole import write_result
from funkqa.system import files, mount, sessions
from funkqa.system.mount import Mount
from tests import small_session
from tests.examples import measurement
from tests.small_session import funkqa
from tests.unit.store.values import kill_in_transaction


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_session.folders(tmp_path, monkeypatch)
    monkeypatch.chdir(tmp_path)


def over(name: str, *, complete: bool = True) -> str:
    """A session that isn't alive, and whose result is there."""
    sessions.KEPT.mkdir(parents=True, exist_ok=True)
    write_result(sessions.result(name), measurement(complete=complete))
    return name


@contextmanager
def stopped(name: str) -> Iterator[small_session.SmallSession]:
    with small_session.living(name) as session:
        session.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, session.process.pid, os.WSTOPPED | os.WNOWAIT)
        yield session


def test_status_tells_of_each_session_beside_one_that_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "ANSWER_TIMEOUT_S", 60)
    over("ended")
    over("killed", complete=False)
    (sessions.RUN / "none").mkdir(parents=True)
    with stopped("held") as held, small_session.living("living") as living:
        result = funkqa(status.command)
        pid = held.process.pid
        assert re.sub(r"\d:\d\d min", "0:00 min", result.stdout).splitlines() == [
            "ended: ended; take its result: funkqa stop --session ended",
            f"held: doesn't answer: its process {pid} is stopped (state T); let it go on: kill -CONT {pid}; or "
            f"end it without its last step: kill -KILL {pid}; funkqa stop --session held",
            "killed: died; take what it measured: funkqa stop --session killed",
            f"living: 1 of 2 functions entered; step 1, start, for 0:00 min; PID {living.process.pid}",
            "none: died before it had a result; remove what it left: funkqa restore",
        ]
        assert result.exit_code == 3
        assert funkqa(status.command, "--session", "living").exit_code == 0


def test_mark_and_stop_of_a_stopped_session_end_at_once() -> None:
    with stopped("held"):
        for verb, *arguments in ((mark.command, "next"), (stop.command,)):
            with pytest.raises(HostUnfit, match="is stopped"):
                funkqa(verb, *arguments)
        assert sessions.lives("held")


def test_a_step_has_a_name_that_can_be_shown() -> None:
    with small_session.living("living") as session:
        for name in ("", " ", "\t", "a\nb", "\x1b[31m", "\u202eabc", "x" * 101, "x" * 10_000, "\udcff"):
            with pytest.raises(UsageError) as caught:
                funkqa(mark.command, "--", name)
            assert "one line of printable text, 100 characters at most" in caught.value.hint
            assert len(caught.value.message) < 200
            assert caught.value.message.isprintable()
        assert session.done() == []


@pytest.mark.parametrize("verb", [mark.command, status.command, stop.command, wait.command])
def test_only_a_session_that_is_there_can_be_asked(verb: click.Command) -> None:
    step = ("next",) if verb is mark.command else ()
    for name, said in {"none": "there is no session none", "": "there is no session ''"}.items():
        with pytest.raises(UsageError, match=said):
            funkqa(verb, *step, "--session", name)


def test_mark_and_wait_say_how_a_session_came_to_its_end() -> None:
    over("ended")
    with pytest.raises(HostUnfit, match="ended has ended"):
        funkqa(mark.command, "next")
    assert funkqa(wait.command).exit_code == 0
    over("killed", complete=False)
    with pytest.raises(HostUnfit, match="killed has died"):
        funkqa(mark.command, "next", "--session", "killed")
    with pytest.raises(HostUnfit, match="killed has died"):
        funkqa(wait.command, "--session", "killed")


def test_a_session_that_dies_while_it_is_asked_has_died() -> None:
    for verb, *arguments in ((mark.command, "next"), (stop.command,)):
        with small_session.living("dies", "os._exit(1)"), pytest.raises(HostUnfit) as caught:
            funkqa(verb, *arguments)
        assert "died before it had a result" in caught.value.message
    with small_session.living("dies", "os._exit(1)"):
        assert "dies: died before it had a result" in funkqa(status.command).stdout


def test_a_result_that_cant_be_written_is_kept_for_another_place(tmp_path: Path) -> None:
    over("ended")
    before = sessions.result("ended").read_bytes()
    wrong = {
        tmp_path: "stays as it is",
        tmp_path / "missing" / "a.funkqa": "mkdir -p",
        Path("/proc/a.funkqa"): (
            "has ended and keeps it; write it elsewhere: funkqa stop --session ended -o PATH"
            if os.access("/proc", os.W_OK)
            else "stays as it is"
        ),
        tmp_path / ("a" * 300): "the session ended",
    }
    for target, hint in wrong.items():
        with pytest.raises(FunkqaError) as caught:
            funkqa(stop.command, "-q", "-o", target)
        assert caught.value.where in (str(target), str(target.parent))
        assert hint in caught.value.hint
        assert sessions.result("ended").read_bytes() == before
    assert funkqa(stop.command, "-o", "there.funkqa").exit_code in (0, 1)
    assert Path("there.funkqa").read_bytes() == before
    assert sessions.names() == ()


def test_a_quiet_stop_says_why_it_doesnt_end_with_0() -> None:
    over("killed", complete=False)
    sessions.log("killed").write_text("funkqa: the disk is full\n  look for space\n")
    result = funkqa(stop.command, "-q")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "the session killed died: funkqa: the disk is full   look for space" in result.stderr
    assert f"killed  {VERDICTS[Verdict.FAILED]}  " in result.stderr


def test_what_a_killed_session_had_half_written_is_undone_before_its_result_is_moved() -> None:
    over("killed", complete=False)
    kill_in_transaction(sessions.result("killed"))
    assert len(list(sessions.KEPT.iterdir())) == 2
    assert "died" in funkqa(status.command).stdout
    funkqa(stop.command, "-q", "-o", "a.funkqa")
    assert read_result(Path("a.funkqa")) == measurement(complete=False)
    assert not sessions.KEPT.exists()


def test_a_session_whose_result_was_taken_meanwhile_hasnt_died() -> None:
    ends = "import shutil; shutil.rmtree(sessions.folder(sys.argv[3])); os._exit(0)"
    for verb, *arguments in ((mark.command, "next"), (stop.command,)):
        with small_session.living("ends", ends), pytest.raises(HostUnfit) as caught:
            funkqa(verb, *arguments)
        assert caught.value.message == "the session ends is over, and its result was taken"
    with small_session.living("ends", ends):
        result = funkqa(status.command)
        assert (result.stdout, result.exit_code) == ("ends: over; its result was taken\n", 0)


def test_of_two_who_stop_a_session_one_takes_its_result_and_the_other_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    over("killed", complete=False)
    (sessions.RUN / "killed").mkdir(parents=True)
    end = stop._end

    def after_another(name: str) -> None:
        end(name)
        with monkeypatch.context() as first:
            first.setattr(stop, "_end", end)
            assert funkqa(stop.command, "-o", "first.funkqa").exit_code == 1

    monkeypatch.setattr(stop, "_end", after_another)
    with pytest.raises(HostUnfit, match="killed is over, and its result was taken"):
        funkqa(stop.command, "-o", "second.funkqa")
    assert read_result(Path("first.funkqa")) == measurement(complete=False)
    assert not Path("second.funkqa").exists()


def interrupt(*_: object) -> None:
    raise Interrupted(signal.SIGINT)


def test_an_interrupted_stop_says_where_the_result_is(monkeypatch: pytest.MonkeyPatch) -> None:
    over("ended")
    with monkeypatch.context() as while_moving:
        while_moving.setattr(files, "move", interrupt)
        assert outcome() == "the session ended has ended, and keeps its result: funkqa stop --session ended"
    with monkeypatch.context() as while_reporting:
        while_reporting.setattr(stop, "_report", interrupt)
        assert outcome("-o", "a b.funkqa").endswith("its result is a b.funkqa: funkqa report 'a b.funkqa'")
    assert Path("a b.funkqa").exists()
    with small_session.living("living"), monkeypatch.context() as while_asking:
        while_asking.setattr(sessions, "ask", interrupt)
        assert outcome().startswith("the session living goes on, or is about to end; end it and take its result: ")


def outcome(*arguments: str) -> str:
    """What an interrupted stop says."""
    with pytest.raises(Interrupted) as caught:
        funkqa(stop.command, *arguments)
    return caught.value.outcome


def test_a_stop_whose_output_cant_be_written_says_where_the_result_is(monkeypatch: pytest.MonkeyPatch) -> None:
    over("ended")
    with open("/dev/full", "w") as full, monkeypatch.context() as written:
        written.setattr(sys, "stdout", full)
        with pytest.raises(FunkqaError) as caught:
            stop.command.main(["-o", "a b.funkqa"], standalone_mode=False)
    assert caught.value.message == "the output can't be written: No space left on device"
    assert caught.value.hint == "the result is a b.funkqa: funkqa report 'a b.funkqa'"
    assert read_result(Path("a b.funkqa")) == measurement()
    assert sessions.names() == ()


def test_shims_that_are_left_are_told_whatever_else_goes_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(error: Exception) -> Callable[..., None]:
        def fail(*_: object) -> None:
            raise error

        return fail

    base = Mount(f"{BASE}4711-abc", "tmpfs", SOURCE, "", "0:99")
    monkeypatch.setattr(mount, "mounts", lambda: (base, base._replace(point="/usr/bin/xz")))
    for function, error, said in (
        ("_show", OSError(errno.ENOSPC, "No space left"), "funkqa: the output can't be written: No space left\n"),
        ("_show", BrokenPipeError(errno.EPIPE, "Broken pipe"), ""),
        ("_show", FunkqaError("no report"), "funkqa: no report\n"),
        ("_take", FunkqaError("no room"), "funkqa: no room\n"),
    ):
        over("killed", complete=False)
        (sessions.RUN / "killed").mkdir(parents=True)
        (sessions.RUN / "killed" / "pid").write_text("4711\n")
        with monkeypatch.context() as wrong:
            wrong.setattr(stop, function, failing(error))
            result = CliRunner().invoke(stop.command)
        assert isinstance(result.exception, LeftChanged)
        assert result.exception.message.endswith("mounted still in front of /usr/bin/xz")
        assert result.stderr.startswith(said)
        assert sessions.names() == (("killed",) if function == "_take" else ())
    over("other")
    assert funkqa(stop.command, "--session", "other").exit_code == 0, "they aren't its own"
    assert funkqa(status.command).exit_code == 4
