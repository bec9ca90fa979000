"""The reference of the recipe format that users read is the schema's."""

from pathlib import Path

import pytest

from funkqa.recipe import recipe_schema
from tests.recipe_reference import reference
from tests.sections import section, with_section

README = Path(__file__).parents[3] / "recipes" / "README.md"


def test_the_readme_has_the_reference_of_this_schema(request: pytest.FixtureRequest) -> None:
    text = README.read_text()
    if request.config.getoption("--update-golden"):
        README.write_text(with_section(text, "reference", reference(recipe_schema())))
    assert section(README.read_text(), "reference") == reference(recipe_schema()), "write it with --update-golden"


def test_every_key_of_a_recipe_a_step_and_measure_has_a_row() -> None:
    schema = recipe_schema()
    parts = (schema, schema["$defs"]["step"], schema["properties"]["measure"])
    keys = [key for part in parts for key in part["properties"]]
    rows = [line.split("`")[1] for line in reference(schema).splitlines() if line.startswith("| `")]
    assert rows == [*schema["properties"], "extra-*", *parts[1]["properties"], *parts[2]["properties"]]
    assert len(keys) > 30


def test_a_key_is_told_with_what_it_may_be_and_what_it_is_without_it() -> None:
    key = {
        "description": "D.",
        "type": ["string", "array"],
        "pattern": "a|b",
        "patternErrorMessage": "a|b",
        "default": [],
    }
    step = {"description": "S.", "required": ["n"], "properties": {"n": {"description": "N.", "enum": ["x", "y"]}}}
    measure = {"description": "M.", "properties": {"m": {"$ref": "#/$defs/number", "examples": [{"a": [1]}]}}}
    number = {"description": "#.", "type": "integer", "minimum": 0, "maximum": 9}
    properties = {"key": key, "measure": measure}
    schema = {"description": "R.", "properties": properties, "$defs": {"step": step, "number": number}}
    lines = reference(schema).splitlines()
    assert "| `key` | D. | a\\|b, or a list | `[]` |  |" in lines
    assert "| `n` | N. | `x` or `y` | required |  |" in lines
    assert "| `m` | #. | a whole number from 0 to 9 |  | `{a: [1]}` |" in lines


@pytest.mark.parametrize("text", ["", "<!-- a -->\n", "<!-- end of a -->\n<!-- a -->\n"])
def test_a_file_without_the_markers_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="once each"):
        with_section(text, "a", "body")


def test_all_but_the_section_stays() -> None:
    text = "one\n<!-- a -->\ntwo\n<!-- end of a -->\nthree\n"
    assert with_section(text, "a", "2\n") == text.replace("two", "2")
    assert section(text, "a") == "two\n"
