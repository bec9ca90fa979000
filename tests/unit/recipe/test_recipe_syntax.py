"""What is no YAML, or no YAML that can be a recipe, under libyaml and under PyYAML's own reader."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from funkqa.model.errors import RecipeError, RecipeErrors
from funkqa.recipe.syntax import LOADER, compose

LOADERS = [yaml.SafeLoader] if LOADER is yaml.SafeLoader else [LOADER, yaml.SafeLoader]


def error_of(text: str, loader: Any) -> RecipeError:
    with pytest.raises(RecipeErrors) as caught:
        compose(text, Path("a.yaml"), loader)
    (error,) = caught.value.errors
    return error


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    ("text", "place", "message", "hint"),
    [
        ("", "1:1", "the recipe is empty", "version, summary, component and execute"),
        ("# nothing\n---\n", "1:1", "the recipe is empty", "version, summary, component and execute"),
        ("execute:\n\t- ls\n", "2:1", "a tab can't indent YAML", "indent with spaces"),
        ("script: |\n  ls\n\techo\n", "3:1", "a tab can't indent YAML", "indent with spaces"),
        ("a: b\n---\nc: d\n", "2:1", "a second document begins here", "a file of its own"),
        ("also: *-devel\n", "1:7", "no value is marked with & for this alias", "in quotes"),
        ("also: [*]\n", "1:8", "a text can't begin with * or & here", "in quotes"),
        ("a: @b\n", "1:4", "a text can't begin with this character", "in quotes"),
        (
            "a: b: c\n",
            "1:5",
            "there is a ':' too many here, or the indentation is wrong",
            "contains ': ' in quotes",
        ),
        ("a: b\n  c: d\n", "2:4", "there is a ':' too many here, or the indentation is wrong", "same indentation"),
        ("a:\n  - b\n c: d\n", "3:2", "the indentation of this line doesn't fit the lines above", "in spaces"),
        ("a: 1\nb: 'x\nc: 2\n", "2:4", "the quotation mark that opens here is never closed", "close it"),
        ("a: [x\nb: c\n", "1:4", "the bracket that opens here isn't closed, or a comma is missing", "] or }"),
        ("a: b\nccc\n", "3:1", "a key without a ':' ends here", "write a ':'"),
        ("a: x\nb: \0\n", "2:4", "the file holds a NUL byte", "plain UTF-8 text"),
        ("a: \x1b[1m\n", "1:4", "the file holds the control character U+001B", "plain UTF-8 text"),
        ("a: \udc80\n", "1:4", "the file holds the control character U+DC80", "plain UTF-8 text"),
        ("a: " + "[" * 100, "1:35", "lists and mappings are nested more than 32 deep", "brackets"),
    ],
)
def test_broken_yaml_is_told_in_plain_words(text: str, place: str, message: str, hint: str, loader: Any) -> None:
    error = error_of(text, loader)
    assert (error.where, error.message) == (f"a.yaml:{place}", message)
    assert hint in error.hint


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("escape", ["\\q", "\\Uffffffff", "\\Ufffffffff"])
def test_an_escape_that_yaml_does_not_know_is_an_error(escape: str, loader: Any) -> None:
    assert error_of(f'a: "{escape}"\n', loader).hint


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("text", ["[" * 1_000_000, "- " * 400_000, "a: {" * 200_000])
def test_nesting_that_would_exhaust_the_stack_is_refused(text: str, loader: Any) -> None:
    assert error_of(text, loader).message == "lists and mappings are nested more than 32 deep"


@pytest.mark.parametrize("loader", LOADERS)
def test_a_byte_order_mark_does_not_hurt(loader: Any) -> None:
    root = compose("\ufeffversion: 1\n", Path("a.yaml"), loader)
    assert root.value[0][0].value == "version"


@pytest.mark.skipif(LOADER is yaml.SafeLoader, reason="PyYAML's own reader accepts it")
def test_a_qualified_name_without_quotes_between_brackets_is_told_to_be_quoted() -> None:
    error = error_of("exclude: [^std::, b]\n", LOADER)
    assert (error.where, error.message) == ("a.yaml:1:16", "a ':' can't end a text here")
    assert "in quotes" in error.hint
