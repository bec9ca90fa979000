"""Whatever stands in a recipe file, its reader answers with a Recipe or with RecipeErrors."""

from pathlib import Path

import yaml
from hypothesis import given
from hypothesis import strategies as st

from funkqa.model.errors import RecipeErrors
from funkqa.recipe import parse_recipe, recipe_schema

GOOD = """\
version: 1
summary: a summary
component: [bzip2]
environment: {LC_ALL: C.UTF-8}
execute:
  - &look ls
  - {name: again, script: *look, exit: 0, duration: 5m}
measure: {include: ["^BZ2_"], minimum: 60%}
"""

KEYS = [
    *recipe_schema()["properties"],
    *recipe_schema()["$defs"]["step"]["properties"],
    "include",
    "minimum",
    "source",
]
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.dates(), st.text(), st.sampled_from(KEYS)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(KEYS) | st.text(), inner),
    max_leaves=20,
)


def answered(text: str) -> None:
    """Every error has its file and line, a message and a hint."""
    try:
        recipe = parse_recipe(text, Path("bzip2.yaml"))
    except RecipeErrors as caught:
        errors = caught.errors
    else:
        assert recipe.text == text
        assert recipe.steps
        return
    assert errors
    for error in errors:
        assert error.where.startswith("bzip2.yaml:")
        assert error.message
        assert error.hint


@given(st.text(st.characters(codec=None)))
def test_arbitrary_text_raises_recipe_errors_only(text: str) -> None:
    answered(text)


@given(st.text("-:[]{}&*a!|>'\"#%@,? \n\t0.\\", max_size=40))
def test_text_of_yaml_punctuation_raises_recipe_errors_only(text: str) -> None:
    answered(text)


@given(VALUES)
def test_arbitrary_values_under_known_keys_raise_recipe_errors_only(value: object) -> None:
    answered(yaml.safe_dump(value, allow_unicode=True))


@given(st.integers(0, len(GOOD)), st.integers(0, 8), st.text(max_size=5))
def test_a_damaged_recipe_raises_recipe_errors_only(start: int, length: int, patch: str) -> None:
    answered(GOOD[:start] + patch + GOOD[start + length :])


@given(st.lists(st.sampled_from(KEYS), unique=True), VALUES)
def test_any_value_at_any_key_of_a_good_recipe_is_accepted_or_refused(keys: list[str], value: object) -> None:
    good = yaml.safe_load(GOOD)
    answered(yaml.safe_dump({**good, **dict.fromkeys(keys, value)}))
