"""What the verbs about sessions share."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import Enum
from typing import Any

import click

from funkqa.model.errors import ExitCode, HostUnfit, ResultFileError, UsageError
from funkqa.store.reader import read_heading
from funkqa.system import asking, host, sessions

Command = Callable[..., Any]
DYING_S = 1.0


class Over(Enum):
    """How a session has come to its end. ``ENDED``: by a signal or `funkqa stop`, with all that it measured.

    ``TAKEN``: somebody else's `funkqa stop` has its result by now.
    """

    ENDED = "has ended"
    DIED = "has died"
    WITHOUT_RESULT = "has died before it had a result"
    TAKEN = "is over, and its result was taken"


class NotAlive(HostUnfit):
    """The session has ended, or died."""


def session_option(command: Command) -> Command:
    """Add --session, which is needed only if there are several."""
    return click.option(
        "--session", "--name", "session", metavar="NAME", help="Which session, if there are several."
    )(command)


def the_session(name: str | None) -> str:
    """The session that is meant. Raises HostUnfit without the rights, UsageError if it isn't clear."""
    if not host.is_root():
        raise HostUnfit("sessions are root's", hint="run it as root")
    return sessions.chosen(name)


def asked(
    session: str, request: Mapping[str, object], timeout_s: float = sessions.ANSWER_TIMEOUT_S
) -> asking.Message:
    """The answer of a session that lives. Raises FunkqaError with what it complains of."""
    if not sessions.lives(session):
        raise over(session)
    try:
        answer = sessions.ask(session, request, timeout_s)
    except HostUnfit:
        if died_meanwhile(session):
            raise over(session) from None
        raise
    if "error" in answer:
        message, where, hint = (str(answer.get(each, "")) for each in ("error", "where", "hint"))
        if answer.get("code") == ExitCode.USAGE:
            raise UsageError(message, hint=hint)
        raise HostUnfit(
            f"the session {session} ends: {message}",
            where=where,
            hint="; ".join(
                filter(None, [hint, f"take what its steps that were over measured: {taken_by(session)}"])
            ),
        )
    return answer


def died_meanwhile(session: str) -> bool:
    """Whether it broke off because it ends. A process that is killed has its lock for a moment more."""
    return not sessions.is_stopped(session) and sessions.await_end(session, DYING_S)


def how_over(session: str) -> Over:
    """Of a session that doesn't live. One that is killed leaves its folder."""
    try:
        return Over.ENDED if read_heading(sessions.result(session)).complete else Over.DIED
    except ResultFileError:
        if sessions.result(session).exists():
            return Over.DIED
        return Over.WITHOUT_RESULT if sessions.folder(session).exists() else Over.TAKEN


def over(session: str) -> NotAlive:
    """What to say to who wants something of a session that doesn't live."""
    how = how_over(session)
    return NotAlive(
        f"the session {session} {how.value}",
        where="" if how is Over.TAKEN else str(sessions.log(session)),
        hint={
            Over.ENDED: f"take its result: {taken_by(session)}",
            Over.DIED: f"take what its steps that were over measured: {taken_by(session)}",
            Over.WITHOUT_RESULT: "its log may say why; remove what it left: funkqa restore",
            Over.TAKEN: "whoever ended it has the result, unless it ended before it measured",
        }[how],
    )


def taken_by(session: str) -> str:
    return f"funkqa stop --session {session}"


def last_words(session: str) -> str:
    """The end of its log, in one line: it writes there what it dies of."""
    with suppress(OSError):
        return " ".join(sessions.log(session).read_text(errors="replace").split("\n")[-4:]).strip()
    return ""
