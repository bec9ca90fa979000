"""Options that the verbs that trace share: how to trace."""

import functools
from collections.abc import Callable
from typing import Any

import click

from funkqa.trace.session import Mode

Command = Callable[..., Any]


def mode_options(command: Command) -> Command:
    """Add options for how to trace; the command gets a ``mode`` made of them."""
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
            "--shim/--no-shim",
            "shims",
            default=False,
            help="Put shims in front of the programs, too. They show in what a program sees of itself.",
        ),
        click.option(
            "--args/--no-args",
            "arguments",
            default=True,
            help="Log programs that are started with their arguments (default), or, for privacy, without.",
        ),
        click.option(
            "--scope",
            type=click.Choice(["recipe", "system"]),
            default="recipe",
            help="Whose calls count: the processes started here (default), or all of the system's.",
        ),
    )

    @functools.wraps(command)
    def with_mode(retire: bool, union: bool, shims: bool, arguments: bool, scope: str, **others: Any) -> Any:
        mode = Mode(retire, not union, scope == "system", arguments, shims)
        return command(mode=mode, **others)

    decorated: Command = with_mode
    for option in reversed(options):
        decorated = option(decorated)
    return decorated
