"""``funkqa wait``: wait until a session is over."""

import click

from funkqa.cli.talking import Over, how_over, over, session_option, taken_by, the_session
from funkqa.model.errors import HostUnfit, Interrupted
from funkqa.system import sessions


@click.command("wait")
@session_option
@click.option("--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="Wait no longer; then exit 3.")
def command(session: str | None, timeout: float | None) -> None:
    """Wait until a session has ended: somebody stops it, or it dies.

    Exit codes: 0, it was stopped; 3, it died, or the time was up.
    """
    name = the_session(session)
    try:
        ended = sessions.await_end(name, float("inf") if timeout is None else timeout)
    except Interrupted as interrupted:
        interrupted.outcome = f"the session {name} goes on"
        raise
    if not ended:
        raise HostUnfit(f"the session {name} still measures", hint=f"end it: {taken_by(name)}")
    if how_over(name) in (Over.DIED, Over.WITHOUT_RESULT):
        raise over(name)
