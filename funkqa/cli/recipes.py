"""``funkqa recipes``, and reading several recipes: nothing runs while one of them is wrong."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

import funkqa
from funkqa.model.errors import NothingToMeasure, RecipeError, RecipeErrors
from funkqa.model.recipe import Recipe
from funkqa.recipe.reader import read_recipe


@click.command("recipes")
def command() -> None:
    """List the installed recipes, each with what it measures.

    Their names stand for their files: `funkqa run bzip2` runs the installed recipe if there is no file called
    bzip2, as do check and schedule. They come with the package funkqa-recipes, in /usr/share/funkqa/recipes, or
    with the sources.

    Exit codes: 0; 2, one of them is wrong; 3, none is installed.
    """
    paths = sorted(folder().glob("*.yaml"))
    if not paths:
        raise NothingToMeasure(
            "no recipes are installed", where=str(folder()), hint="zypper install funkqa-recipes, or dnf"
        )
    width = max(len(path.stem) for path in paths)
    for recipe in read_all(paths):
        click.echo(f"{recipe.name:<{width}}  {recipe.summary}")


def read_all(paths: Sequence[Path]) -> tuple[Recipe, ...]:
    """The recipes, in order; a bare name may be that of an installed one.

    Raises RecipeErrors with the errors of all of them together.
    """
    recipes: list[Recipe] = []
    errors: list[RecipeError] = []
    for path in paths:
        try:
            recipes.append(read_recipe(_found(path)))
        except RecipeErrors as error:
            errors += error.errors
    if errors:
        raise RecipeErrors(tuple(errors))
    return tuple(recipes)


def folder() -> Path:
    """Where recipes are installed; in a checkout, those beside the program."""
    installed = Path(sys.prefix, "share/funkqa/recipes")
    return installed if installed.is_dir() else Path(funkqa.__file__).parents[1] / "recipes"


def _found(path: Path) -> Path:
    """What is there under this name is meant; else, if it has neither folder nor suffix, the installed recipe."""
    if path.name != str(path) or path.suffix or path.exists():
        return path
    installed = folder() / f"{path}.yaml"
    if not installed.exists():
        hint = "name a file, or one of those that this lists: funkqa recipes"
        raise RecipeErrors((RecipeError("there is no such recipe file", where=str(path), hint=hint),))
    return installed
