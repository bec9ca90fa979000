"""Reading several recipes: nothing runs while one of them is wrong."""

from collections.abc import Sequence
from pathlib import Path

from funkqa.model.errors import RecipeError, RecipeErrors
from funkqa.model.recipe import Recipe
from funkqa.recipe.reader import read_recipe


def read_all(paths: Sequence[Path]) -> tuple[Recipe, ...]:
    """The recipes, in order. Raises RecipeErrors with the errors of all of them together."""
    recipes: list[Recipe] = []
    errors: list[RecipeError] = []
    for path in paths:
        try:
            recipes.append(read_recipe(path))
        except RecipeErrors as error:
            errors += error.errors
    if errors:
        raise RecipeErrors(tuple(errors))
    return tuple(recipes)
