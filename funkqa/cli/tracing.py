"""Options that ``run`` and ``trace`` share: how to trace."""

from collections.abc import Callable
from typing import Any

import click

from funkqa.trace.session import Mode

Command = Callable[..., Any]


def mode_options(command: Command) -> Command:
    """Add --retire, --union and --scope; ``mode`` makes a Mode of them."""
    options = (
        click.option(
            "--retire/--no-retire",
            default=True,
            help="Take the probes of functions once seen out (default), or pay for each call, to compare.",
        ),
        click.option(
            "--union",
            is_flag=True,
            help="Count a function only for the first step that entered it; saves attaching again.",
        ),
        click.option(
            "--scope",
            type=click.Choice(["recipe", "system"]),
            default="recipe",
            help="Whose calls count: the processes started here (default), or all of the system's.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def mode(retire: bool, union: bool, scope: str) -> Mode:
    return Mode(retire=retire, per_step=not union, everyone=scope == "system")
