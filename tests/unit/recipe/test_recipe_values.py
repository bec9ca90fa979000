"""Good recipes, and the values they become."""

from fractions import Fraction
from pathlib import Path

import pytest

from funkqa.model.recipe import Measure, Network, Phase, Recipe, Respect, Step
from funkqa.recipe import parse_recipe

HEAD = "version: 1\nsummary: a summary\ncomponent: bzip2\n"

FULL = """\
version: 1
summary: compress and decompress
description: |
  Two lines
  of text.
component: [bzip2, libbz2-1]
also: [libbz2-devel, "libbz*", {source: true}]
require: diffutils
environment: {LC_ALL: C.UTF-8, LEVEL: 9, RATIO: 1.10, MODE: 010, DAY: 2026-11-01, NO: 5}
services: [cups.service]
network: host
prepare: seq 100000 > input
execute:
  - bzip2 --version
  - name: roundtrip
    script: |
      bzip2 -k input
      bzip2 -t input.bz2
    exit: 3
    result: xfail
    duration: 1h30m
    user: nobody
    stdin: "yes\\n"
    environment: {BZIP2: -9}
  - script: "false"
    result: info
finish:
  - rm -f input
measure:
  include: ^BZ2_
  exclude: ["^std::", \\.cold$]
  expect: [BZ2_bzCompress, "operator new(unsigned long)"]
  minimum: 60%
  tolerance: 1.5pp
  skipped: 0.1%
contact: Jane Doe <jane@example.org>
link: [https://sourceware.org/bzip2/]
tag: compression
enabled: no
extra-nightly: {"any": [1, null, yes]}
"""


def recipe_of(text: str) -> Recipe:
    return parse_recipe(text, Path("recipes/bzip2.yaml"))


def step_of(lines: str) -> Step:
    return recipe_of(HEAD + f"execute:\n  - script: ls\n    {lines}\n").steps[0]


def test_a_recipe_with_every_key_becomes_the_value_it_says() -> None:
    environment = {
        "LC_ALL": "C.UTF-8",
        "LEVEL": "9",
        "RATIO": "1.10",
        "MODE": "010",
        "DAY": "2026-11-01",
        "NO": "5",
    }
    assert recipe_of(FULL) == Recipe(
        name="bzip2",
        path=Path("recipes/bzip2.yaml"),
        text=FULL,
        summary="compress and decompress",
        component=("bzip2", "libbz2-1"),
        also=("libbz2-devel", "libbz*"),
        also_source=True,
        require=("diffutils",),
        environment=environment,
        services=("cups.service",),
        network=Network.HOST,
        steps=(
            Step("prepare-1", "seq 100000 > input", Phase.PREPARE),
            Step("execute-1", "bzip2 --version"),
            Step(
                "roundtrip",
                "bzip2 -k input\nbzip2 -t input.bz2\n",
                Phase.EXECUTE,
                exit=3,
                result=Respect.XFAIL,
                duration_s=5400.0,
                user="nobody",
                stdin="yes\n",
                environment={"BZIP2": "-9"},
            ),
            Step("execute-3", "false", result=Respect.INFO),
            Step("finish-1", "rm -f input", Phase.FINISH),
        ),
        measure=Measure(
            include=("^BZ2_",),
            exclude=("^std::", r"\.cold$"),
            expect=("BZ2_bzCompress", "operator new(unsigned long)"),
            minimum=Fraction(3, 5),
            tolerance=Fraction(3, 200),
            skipped=Fraction(1, 1000),
        ),
        description="Two lines\nof text.\n",
        enabled=False,
    )


def test_the_shortest_recipe_has_the_defaults_of_the_model() -> None:
    recipe = recipe_of(HEAD + "execute: ls\n")
    assert recipe.steps == (Step("execute-1", "ls"),)
    assert recipe.measure == Measure()
    assert (recipe.also, recipe.also_source, recipe.require, recipe.services) == ((), False, (), ())
    assert (recipe.network, recipe.environment, recipe.description) == (Network.PRIVATE, {}, "")
    assert recipe.enabled


@pytest.mark.parametrize(
    ("written", "expected_s"),
    [
        ("5m", 300),
        ("30s", 30),
        ("1h", 3600),
        ("1h30m", 5400),
        ("2m30s", 150),
        ("90", 90),
        ("0.5", 0.5),
        ("05m", 300),
    ],
)
def test_a_duration_is_seconds(written: str, expected_s: float) -> None:
    assert step_of(f"duration: {written}").duration_s == expected_s


@pytest.mark.parametrize("written", ["0%", "7%", "99.9%", "100%", "100.0%", "33.333333%"])
def test_a_percentage_is_exact(written: str) -> None:
    recipe = recipe_of(HEAD + f"execute: ls\nmeasure: {{minimum: {written}}}\n")
    assert recipe.measure.minimum == Fraction(written[:-1]) / 100


def test_source_alone_stands_for_a_list_of_one() -> None:
    recipe = recipe_of(HEAD + "execute: ls\nalso: {source: true}\n")
    assert (recipe.also, recipe.also_source) == ((), True)


def test_empty_lists_are_as_good_as_none() -> None:
    text = (
        HEAD
        + "execute: ls\nalso: []\nrequire: []\nservices: []\nprepare: []\nfinish: []\nmeasure: {include: []}\n"
    )
    assert len(recipe_of(text).steps) == 1


def test_a_folded_summary_loses_its_line_end() -> None:
    text = HEAD.replace("a summary", ">\n  in two\n  lines") + "execute: ls\n"
    assert recipe_of(text).summary == "in two lines"


def test_an_alias_stands_for_the_value_it_names() -> None:
    text = HEAD + "extra-script: &look ls -l\nexecute: [*look, {name: again, script: *look}]\n"
    assert [step.script for step in recipe_of(text).steps] == ["ls -l", "ls -l"]


def test_steps_stand_in_the_order_of_their_phases() -> None:
    recipe = recipe_of(HEAD + "finish: c\nexecute: b\nprepare: a\n")
    assert [step.name for step in recipe.steps] == ["prepare-1", "execute-1", "finish-1"]


def test_a_number_keeps_its_spelling_in_the_environment_of_a_step() -> None:
    assert step_of("environment: {PORT: 0080, PI: 3.140, BIG: 1e9, HEX: 0x1F}").environment == {
        "PORT": "0080",
        "PI": "3.140",
        "BIG": "1e9",
        "HEX": "0x1F",
    }
