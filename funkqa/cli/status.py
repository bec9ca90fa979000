"""``funkqa status``: which sessions there are, and how far they are."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import click

from funkqa.cli.talking import Over, died_meanwhile, how_over, session_option, taken_by, the_session
from funkqa.model.errors import ExitCode, HostUnfit
from funkqa.pipeline import shims_left
from funkqa.report.facts import counted
from funkqa.system import host, sessions

ANSWER_TIMEOUT_S = 3.0


class State(NamedTuple):
    said: str
    answers: bool = True


@click.command("status")
@session_option
def command(session: str | None) -> None:
    """Say which sessions measure, their step, and how many functions were entered so far.

    Exit codes: 0; 3, a session doesn't answer; 4, shims of a session that died are mounted still, which `funkqa
    restore` removes.
    """
    if not host.is_root():
        raise HostUnfit("sessions are root's", hint="run it as root")
    every = (the_session(session),) if session is not None else sessions.names()
    if not every:
        click.echo("no session")
    with ThreadPoolExecutor(max(1, len(every))) as pool:  # one that hangs keeps no other waiting
        states = tuple(pool.map(state, every))
    for name, found in zip(every, states, strict=True):
        click.echo(f"{name}: {found.said}")
    left = shims_left.programs()
    if left:
        click.echo(f"{shims_left.told(left)}; remove them: {shims_left.REMEDY}")
        raise click.exceptions.Exit(ExitCode.LEFT_CHANGED)
    if not all(found.answers for found in states):
        raise click.exceptions.Exit(ExitCode.UNMEASURABLE)


def state(name: str) -> State:
    """A line about a session, at the latest after ``ANSWER_TIMEOUT_S``."""
    if not sessions.lives(name):
        return State(_over(name))
    try:
        told = sessions.ask(name, {"do": "status"}, ANSWER_TIMEOUT_S)
    except HostUnfit as error:
        if died_meanwhile(name):
            return State(_over(name))
        return State(f"{error.message.removeprefix(f'the session {name} ')}; {error.hint}", False)
    minutes, seconds = divmod(int(time.time() - float(told["began"])), 60)
    return State(
        f"{int(told['entered']):,} of {counted(int(told['probes']), 'function')} entered; "
        f"step {told['steps']}, {told['step']}, for {minutes}:{seconds:02} min; PID {sessions.pid(name)}"
    )


def _over(name: str) -> str:
    match how_over(name):
        case Over.ENDED:
            return f"ended; take its result: {taken_by(name)}"
        case Over.DIED:
            return f"died; take what it measured: {taken_by(name)}"
        case Over.WITHOUT_RESULT:
            return "died before it had a result; remove what it left: funkqa restore"
        case Over.TAKEN:
            return "over; its result was taken"
