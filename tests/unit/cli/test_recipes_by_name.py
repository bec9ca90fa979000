"""Installed recipes, which are named like packages."""

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from funkqa.cli import check, recipes
from funkqa.model.errors import NothingToMeasure, RecipeErrors

ROOT = Path(__file__).parents[3]
RECIPE = "version: 1\nsummary: {summary}\ncomponent: bzip2\nexecute: bzip2 --version\n"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a python whose prefix is another; the current folder is an empty one."""
    folder = tmp_path / "prefix/share/funkqa/recipes"
    folder.mkdir(parents=True)
    for name, summary in (("bzip2", "packs"), ("long-name", "has a long name")):
        folder.joinpath(f"{name}.yaml").write_text(RECIPE.format(summary=summary))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "prefix"))
    return folder


def test_installed_recipes_are_listed_with_what_they_measure(installed: Path) -> None:
    told = CliRunner().invoke(recipes.command)
    assert (told.exit_code, told.stdout) == (0, "bzip2      packs\nlong-name  has a long name\n")


def test_without_any_the_package_that_has_them_is_named(installed: Path) -> None:
    for path in installed.iterdir():
        path.unlink()
    with pytest.raises(NothingToMeasure) as caught:
        recipes.command.main([], standalone_mode=False)
    assert (caught.value.where, "funkqa-recipes" in caught.value.hint) == (str(installed), True)


def test_a_bare_name_is_the_installed_recipe(installed: Path) -> None:
    (recipe,) = recipes.read_all([Path("bzip2")])
    assert (recipe.name, recipe.path) == ("bzip2", installed / "bzip2.yaml")
    assert CliRunner().invoke(check.command, ["bzip2"]).stdout.startswith(f"{installed}/bzip2.yaml: ok")


def test_a_file_of_that_name_comes_first(installed: Path) -> None:
    Path("bzip2").write_text(RECIPE.format(summary="mine"))
    assert [recipe.summary for recipe in recipes.read_all([Path("bzip2"), installed / "bzip2.yaml"])] == [
        "mine",
        "packs",
    ]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("nothing", "funkqa recipes"),
        ("bzip2.yaml", "ls ."),
        ("./folder/bzip2", "ls folder"),
    ],
)
def test_what_is_not_there_is_told_with_where_to_look(installed: Path, name: str, hint: str) -> None:
    with pytest.raises(RecipeErrors) as caught:
        recipes.read_all([Path(name)])
    (error,) = caught.value.errors
    assert (error.message, hint in error.hint) == ("there is no such recipe file", True)


def test_in_a_checkout_its_own_recipes_are_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert recipes.folder() == ROOT / "recipes"
    assert recipes.read_all([Path("bzip2")])[0].path == ROOT / "recipes/bzip2.yaml"
