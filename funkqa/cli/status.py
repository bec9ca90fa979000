"""``funkqa status``: which sessions there are, and how far they are."""

import time

import click

from funkqa.cli.talking import session_option, the_session
from funkqa.model.errors import HostUnfit
from funkqa.report.facts import counted
from funkqa.system import host, sessions


@click.command("status")
@session_option
def command(session: str | None) -> None:
    """Say which sessions measure, their step, and how many functions were entered so far."""
    if not host.is_root():
        raise HostUnfit("sessions are root's", hint="run it as root")
    every = (the_session(session),) if session is not None else sessions.names()
    if not every:
        click.echo("no session")
    for name in every:
        click.echo(f"{name}: {_state(name)}")


def _state(name: str) -> str:
    if not sessions.lives(name):
        return f"died; take what it measured: funkqa stop --session {name}"
    told = sessions.ask(name, {"do": "status"})
    minutes, seconds = divmod(int(time.time() - float(told["began"])), 60)
    return (
        f"{int(told['entered']):,} of {counted(int(told['probes']), 'function')} entered; "
        f"step {told['steps']}, {told['step']}, for {minutes}:{seconds:02} min; PID {sessions.pid(name)}"
    )
