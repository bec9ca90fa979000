"""``funkqa mark``: begin a step of a session."""

import click

from funkqa.cli.talking import asked, session_option


@click.command("mark")
@click.argument("step", metavar="NAME")
@session_option
def command(step: str, session: str | None) -> None:
    """End the step of a session that goes on, and begin the step NAME.

    What the step that ends has entered is in the result from then on, whatever happens.
    """
    asked(session, {"do": "mark", "step": step})
