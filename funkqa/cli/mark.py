"""``funkqa mark``: begin a step of a session."""

import click

from funkqa.cli.talking import asked, session_option, the_session
from funkqa.model.errors import Interrupted, UsageError
from funkqa.recipe.step_name import name_fault
from funkqa.report.plain import one_line

LONGEST_SHOWN = 100


@click.command("mark")
@click.argument("step", metavar="NAME")
@session_option
def command(step: str, session: str | None) -> None:
    """End the step of a session that goes on, and begin the step NAME.

    What the step that ends has entered is in the result from then on, whatever happens. NAME is one line of
    printable text, 100 characters at most, and no other step of the session has it; the first is called start.
    """
    if fault := name_fault(step):
        raise UsageError(
            f"'{one_line(step)[:LONGEST_SHOWN]}' {fault}" if step.strip() else "the step has no name",
            hint="name the step with one line of printable text, 100 characters at most",
        )
    name = the_session(session)
    try:
        asked(name, {"do": "mark", "step": step})
    except Interrupted as interrupted:
        interrupted.outcome = f"whether the step has begun tells: funkqa status --session {name}"
        raise
