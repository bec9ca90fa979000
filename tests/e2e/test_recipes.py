"""Every recipe whose packages the test repository has passes on the real thing."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from funkqa.recipe.reader import read_recipe
from tests.e2e.conftest import ROOT
from tests.e2e.running import Funkqa

RECIPES = sorted((ROOT / "recipes").glob("*.yaml"))


def test_there_are_recipes() -> None:
    assert {path.stem for path in RECIPES} >= {"bzip2", "gzip", "xz"}


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: str(path.stem))
def test_the_recipe_passes_and_its_json_is_valid(path: Path, funkqa: Funkqa) -> None:
    lacking = [
        name for name in read_recipe(path).component if not list(funkqa.repository.glob(f"{name}-[0-9]*.rpm"))
    ]
    if lacking:
        pytest.skip(f"the test repository has no {', '.join(lacking)}")
    report = funkqa.directory / "report.json"
    result = funkqa.directory / f"{path.stem}.funkqa"
    repository = ("--repo", str(funkqa.repository))
    done = funkqa("run", str(path), *repository, "-o", str(result), "--report", f"json={report}")
    assert done.returncode == 0, done.stdout + done.stderr
    coverage = json.loads(report.read_text())
    schema = json.loads(funkqa("schema", "coverage").stdout)
    assert list(Draft202012Validator(schema).iter_errors(coverage)) == []
    assert coverage["verdict"] == "passed"
    assert [step["outcome"] for step in coverage["steps"]] == ["passed"] * len(coverage["steps"])
    assert all(expectation["covered"] for expectation in coverage["expectations"])
    assert coverage["faults"] == []
