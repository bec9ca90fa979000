"""The schema of recipe files: the source of truth for checks, editors and documentation."""

import json
from functools import cache
from importlib.resources import files
from typing import Any


def recipe_schema_text() -> str:
    """The JSON Schema (draft 2020-12) as it is published."""
    return files("funkqa.recipe").joinpath("recipe.schema.json").read_text(encoding="utf-8")


@cache
def recipe_schema() -> dict[str, Any]:
    """The parsed schema. Beside the standard keywords it has ``patternErrorMessage``, which editors show:
    what a text that fits ``pattern`` is, so that "must be ..., not ..." reads as a sentence."""
    schema: dict[str, Any] = json.loads(recipe_schema_text())
    return schema
