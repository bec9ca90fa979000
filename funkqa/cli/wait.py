"""``funkqa wait``: wait until a session is over."""

import click

from funkqa.cli.talking import died, session_option, the_session
from funkqa.model.errors import HostUnfit
from funkqa.system import sessions


@click.command("wait")
@session_option
@click.option("--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="Wait no longer; then exit 3.")
def command(session: str | None, timeout: float | None) -> None:
    """Wait until a session has ended: somebody stops it, or it dies.

    Exit codes: 0, it was stopped; 3, it died, or the time was up.
    """
    name = the_session(session)
    if not sessions.await_end(name, float("inf") if timeout is None else timeout):
        raise HostUnfit(f"the session {name} still measures", hint=f"end it: funkqa stop --session {name}")
    if sessions.folder(name).exists():
        raise died(name)
