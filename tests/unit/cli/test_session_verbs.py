"""``funkqa start``, ``status``, ``mark``, ``wait``, ``stop`` and ``restore`` beside sessions in every state."""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from funkqa.cli import mark, restore, start, status, stop, wait
from funkqa.model.coverage import Verdict
from funkqa.model.errors import FunkqaError, HostUnfit, Interrupted, UsageError
from funkqa.report.text import VERDICTS
from funkqa.store.reader import read_result
from funkqa.store.whole import write_result
from funkqa.system import files, locks, sessions
from tests import small_session
from tests.examples import measurement
from tests.unit.store.values import kill_in_transaction


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_session.folders(tmp_path, monkeypatch)
    monkeypatch.chdir(tmp_path)


def funkqa(command: click.Command, *arguments: str | Path) -> Result:
    result = CliRunner().invoke(command, [str(each) for each in arguments])
    if isinstance(result.exception, FunkqaError):
        raise result.exception
    return result


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


def test_restore_names_the_command_that_keeps_a_sessions_result() -> None:
    with small_session.living("living") as session:
        known, unknown = session.process.pid, os.getpid()
        assert restore.remedy(locks.Beside((known,))).endswith("end it: funkqa stop --session living")
        both = restore.remedy(locks.Beside((known, unknown)))
        assert both.endswith(f"end it: funkqa stop --session living; kill {unknown}")
        assert restore.remedy(locks.Beside((unknown,))).endswith(f"end it: kill {unknown}")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("bzip2", "--name", ""), "'' is no name for a session"),
        (("bzip2", "--name", "../x"), "'../x' is no name for a session"),
        (("",), "'' is neither a package nor an ELF file"),
        (("/bin/sh/",), "'/bin/sh/' is neither"),
        (("bzip2", "/usr/bin"), "'/usr/bin' is neither"),
    ],
)
def test_what_can_be_no_session_is_refused(arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        funkqa(start.command, *arguments)
