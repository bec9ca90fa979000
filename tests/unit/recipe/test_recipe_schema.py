"""The schema is what editors, the documentation and the checks share."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator

from funkqa.model.recipe import Measure, Network, Phase, Respect, Step
from funkqa.recipe import recipe_schema, recipe_schema_text
from funkqa.recipe.build import fraction, seconds
from funkqa.recipe.wording import WORDS

ANNOTATIONS = {"$schema", "$defs", "title", "description", "default", "examples", "patternErrorMessage"}
STRUCTURE = {"$ref", "properties", "patternProperties", "items"}
OWN_WORDS = {"required", "additionalProperties", "propertyNames"}


def subschemas(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema in the schema, with a path of keywords to it."""
    yield path, schema
    for keyword in ("properties", "patternProperties", "$defs"):
        for name, inner in schema.get(keyword, {}).items():
            yield from subschemas(inner, f"{path}/{keyword}/{name}")
    for keyword in ("items", "additionalProperties", "propertyNames"):
        if isinstance(inner := schema.get(keyword), dict):
            yield from subschemas(inner, f"{path}/{keyword}")


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """With what its $ref names, its own keywords first."""
    if "$ref" not in schema:
        return schema
    name = schema["$ref"].removeprefix("#/$defs/")
    return {**recipe_schema()["$defs"][name], **schema}


def test_the_schema_is_a_valid_schema() -> None:
    Draft202012Validator.check_schema(recipe_schema())


def test_the_published_text_is_the_schema_in_use() -> None:
    assert json.loads(recipe_schema_text()) == recipe_schema()


def test_every_key_has_a_title_and_a_description() -> None:
    parts = [(path, resolved(inner)) for path, inner in subschemas(recipe_schema()) if "/properties/" in path]
    assert len(parts) > 25
    assert [path for path, inner in parts if not (inner.get("title") and inner.get("description"))] == []


def test_every_schema_that_can_fail_has_an_example_to_show() -> None:
    failing = [(path, resolved(inner)) for path, inner in subschemas(recipe_schema()) if set(inner) & set(WORDS)]
    assert [path for path, inner in failing if not inner.get("examples")] == []


def test_every_example_and_default_fits_its_own_schema() -> None:
    for path, inner in subschemas(recipe_schema()):
        rooted = Draft202012Validator({**inner, "$defs": recipe_schema()["$defs"]})
        shown = [*inner.get("examples", ()), *([inner["default"]] if "default" in inner else ())]
        assert [value for value in shown if not rooted.is_valid(value)] == [], path


def test_every_keyword_of_the_schema_has_words_for_its_failure() -> None:
    used = {keyword for _, inner in subschemas(recipe_schema()) for keyword in inner}
    assert used - ANNOTATIONS - STRUCTURE - OWN_WORDS == set(WORDS)


def test_every_pattern_has_words_for_what_it_wants() -> None:
    patterns = [inner for _, inner in subschemas(recipe_schema()) if "pattern" in inner]
    assert len(patterns) > 5
    assert all(inner["patternErrorMessage"] for inner in patterns)


def test_defaults_and_choices_of_the_schema_are_those_of_the_model() -> None:
    keys = recipe_schema()["properties"]
    step = {key: inner.get("default") for key, inner in recipe_schema()["$defs"]["step"]["properties"].items()}
    measure = keys["measure"]["properties"]
    default = Step("name", "script")
    assert seconds(step["duration"]) == default.duration_s
    assert (step["exit"], step["user"], step["stdin"]) == (default.exit, default.user, default.stdin)
    assert Respect(step["result"]) is default.result
    assert recipe_schema()["$defs"]["step"]["properties"]["result"]["enum"] == [word.value for word in Respect]
    assert keys["network"]["enum"] == [word.value for word in Network]
    assert all(phase.value in keys for phase in Phase)
    assert fraction(measure["tolerance"]["default"]) == Measure().tolerance
    assert fraction(measure["skipped"]["default"]) == Measure().skipped


def test_importing_the_reader_does_not_import_jsonschema() -> None:
    code = "import sys, funkqa.recipe; sys.exit('jsonschema' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
