"""What the verbs about sessions share."""

from collections.abc import Callable, Mapping
from typing import Any

import click

from funkqa.model.errors import HostUnfit
from funkqa.system import host, sessions

Command = Callable[..., Any]


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


def asked(name: str | None, request: Mapping[str, object]) -> sessions.Message:
    """The answer of a session that lives. Raises FunkqaError with what it complains of."""
    session = the_session(name)
    if not sessions.lives(session):
        raise died(session)
    answer = sessions.ask(session, request)
    if "error" in answer:
        raise HostUnfit(str(answer["error"]), hint=str(answer.get("hint", "")))
    return answer


def died(session: str) -> HostUnfit:
    return HostUnfit(
        f"the session {session} has died",
        where=str(sessions.log(session)),
        hint=f"take what it measured until its last step was over: funkqa stop --session {session}",
    )
