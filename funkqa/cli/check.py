"""``funkqa check``: are these recipes right?"""

from pathlib import Path

import click

from funkqa.cli.recipes import read_all
from funkqa.model.recipe import Recipe


@click.command("check")
@click.argument("recipes", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RECIPE...")
def command(recipes: tuple[Path, ...]) -> None:
    """Read each RECIPE as `funkqa run` would, and say what is wrong with any of them.

    All errors of all recipes are printed at once, on standard error, each with file, line, column and what to do.
    If there are none, each recipe has a line on standard output. Nothing is installed or run; no root is needed.

    To see errors while writing a recipe, let an editor check it (funkqa schema --help).

    Exit codes: 0, all recipes are right; 2, at least one is not.
    """
    for recipe in read_all(recipes):
        click.echo(f"{recipe.path}: ok, {described(recipe)}")


def described(recipe: Recipe) -> str:
    """``19 steps, measures bzip2, libbz2-1``."""
    count = len(recipe.steps)
    measured = [*recipe.component, *recipe.also]
    if recipe.also_source:
        measured.append("all packages of the same source")
    disabled = "" if recipe.enabled else ", disabled"
    return f"{count} {'step' if count == 1 else 'steps'}, measures {', '.join(measured)}{disabled}"
