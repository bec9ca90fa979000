"""Every recipe of the library passes on the packages that are built; ``make recipes`` builds them all."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from funkqa.recipe.reader import read_recipe
from tests.e2e.conftest import ROOT
from tests.e2e.running import Funkqa

RECIPES = sorted((ROOT / "recipes").glob("*.yaml"))
ALWAYS = {"bzip2", "gzip", "xz"}
"""What ``make packages`` builds, and ``make test`` runs with all other tests."""
TIMEOUT_S = 900
CASES = [
    pytest.param(path, marks=() if path.stem in ALWAYS else pytest.mark.recipes, id=path.stem) for path in RECIPES
]


def test_there_are_recipes() -> None:
    assert {path.stem for path in RECIPES} >= {"bzip2", "coreutils", "bash", "xz"}


@pytest.mark.parametrize("path", CASES)
def test_the_recipe_passes(path: Path, funkqa: Funkqa) -> None:
    """It ends with 0, so that its minimum and all that it expects are met; and nothing went wrong on the way."""
    lacking = [
        name for name in read_recipe(path).component if not list(funkqa.repository.glob(f"{name}-[0-9]*.rpm"))
    ]
    if lacking and os.environ.get("FUNKQA_REQUIRE_RECIPES") == "1":
        pytest.fail(f"the test repository has no {', '.join(lacking)}")
    if lacking:
        pytest.skip(f"make recipe-packages builds {', '.join(lacking)}")
    report = funkqa.directory / "report.json"
    done = subprocess.run(
        funkqa.command(path, "--report", f"json={report}"),
        env=funkqa.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="backslashreplace",
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    coverage = json.loads(report.read_text())
    schema = json.loads(funkqa("schema", "coverage").stdout)
    assert list(Draft202012Validator(schema).iter_errors(coverage)) == []
    assert coverage["verdict"] == "passed"
    assert [step["outcome"] for step in coverage["steps"]] == ["passed"] * len(coverage["steps"])
    assert all(expectation["covered"] for expectation in coverage["expectations"])
    assert coverage["faults"] == []
