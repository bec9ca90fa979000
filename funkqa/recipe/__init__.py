"""YAML text to Recipe; every error names file, line, column and key path."""

from funkqa.recipe.reader import parse_recipe, read_recipe
from funkqa.recipe.schema import recipe_schema, recipe_schema_text

__all__ = ["parse_recipe", "read_recipe", "recipe_schema", "recipe_schema_text"]
