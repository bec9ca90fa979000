"""``funkqa start`` and ``restore``, as far as they need neither a kernel nor a session that measures."""

import json
import os
import signal
from contextlib import nullcontext
from pathlib import Path

import pytest

from funkqa.cli import restore, start
from funkqa.model.errors import Interrupted, UsageError
from funkqa.system import locks, sessions
from funkqa.trace.session import Mode
from tests import small_session
from tests.small_session import funkqa


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_session.folders(tmp_path, monkeypatch)
    monkeypatch.chdir(tmp_path)


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


def test_a_refusal_that_is_told_isnt_written_into_the_log_of_another_session_as_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise UsageError("a session living is alive", hint="give this one another --name")

    monkeypatch.setattr(start, "serve", refuse)
    command = ("--foreground", "--name", "living", "bzip2")
    reader, writer = os.pipe()
    with os.fdopen(reader) as told:
        result = funkqa(start.command, f"--ready={writer}", *command)
        assert json.loads(told.readline()) == {
            "error": "a session living is alive",
            "hint": "give this one another --name",
            "code": 2,
        }
    assert (result.exit_code, result.output) == (2, "")
    with pytest.raises(UsageError, match="a session living is alive"):
        funkqa(start.command, *command)


def test_the_session_in_the_background_has_all_options_of_its_start(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[list[str]] = []
    served: list[tuple[object, ...]] = []

    def started(argv: list[str], *_: object) -> str:
        begun.append(argv[argv.index("start") + 1 :])
        return '{"probes": 1, "files": 1, "shims": 0}'

    def serve(*arguments: object) -> None:
        served.append(arguments[:4])

    monkeypatch.setattr(start, "started", started)
    monkeypatch.setattr(start, "serve", serve)
    options = (
        "--include=a --exclude=b --exclude=c --shim --union --no-retire --no-args --name=one bzip2 ./xz".split()
    )
    for given in (options, ["bzip2"]):
        assert funkqa(start.command, *given).exit_code == 0
        assert funkqa(start.command, "--foreground", *given).exit_code == 0
        assert funkqa(start.command, *begun.pop()).exit_code == 0
    assert served[0] == served[1]
    assert served[2] == served[3]
    assert served[0][3] == Mode(retire=False, per_step=False, everyone=False, arguments=False, shims=True)
    assert served[2][3] == Mode(everyone=True)


def test_restore_names_the_command_that_keeps_a_sessions_result() -> None:
    with small_session.living("living") as session:
        known, unknown = session.process.pid, os.getpid()
        assert restore.remedy(locks.Beside((known,))).endswith("end it: funkqa stop --session living")
        both = restore.remedy(locks.Beside((known, unknown)))
        assert both.endswith(f"end it: funkqa stop --session living; kill {unknown}")
        assert restore.remedy(locks.Beside((unknown,))).endswith(f"end it: kill {unknown}")


def interrupt(*_: object) -> None:
    raise Interrupted(signal.SIGINT)


def test_an_interrupted_restore_says_that_it_isnt_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "alone", nullcontext)
    monkeypatch.setattr(restore, "_removed", interrupt)
    with pytest.raises(Interrupted) as caught:
        funkqa(restore.command)
    assert caught.value.outcome == "what is left is removed by another: funkqa restore"


def test_a_session_that_ends_while_leftovers_are_removed_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ends", "died"):
        (sessions.RUN / name).mkdir(parents=True)
    is_owned = locks.is_owned

    def meanwhile(path: Path) -> bool:
        if path.name == "ends":
            path.rmdir()
        return is_owned(path)

    monkeypatch.setattr(locks, "is_owned", meanwhile)
    assert sessions.RUN / "died" in list(sessions.left())
    assert not sessions.RUN.exists()
