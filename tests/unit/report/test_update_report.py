"""Reports of a run that mark what an update changed."""

import json
import re
from collections.abc import Callable
from importlib.resources import files
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from funkqa.analysis.coverage import cover
from funkqa.report import junit, markdown, update
from funkqa.report.formats import FORMATS
from tests import example_runs, example_updates
from tests.pagetext import unpacked

GOLDEN = {"text": "txt", "markdown": "md", "junit": "openqa.xml", "json": "json", "csv": "csv", "html": "html"}
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ud800-\udfff\ufffe\uffff]")


@pytest.mark.parametrize("name", GOLDEN)
def test_an_update_is_marked_as_the_golden_file_has_it(name: str, golden: Callable[[str, str], None]) -> None:
    rendered = FORMATS[name](example_updates.highlighted())
    golden(f"updated.{GOLDEN[name]}", unpacked(rendered) if name == "html" else rendered)


@pytest.mark.parametrize("name", ["text", "markdown", "junit", "junit-standard", "html"])
def test_every_format_for_people_has_the_number(name: str) -> None:
    rendered = FORMATS[name](example_updates.highlighted())
    number = "3/6" if name.startswith("junit") else "3 of 6"
    assert f"{number} changed and new functions executed" in rendered
    assert "50.0%" in rendered


@pytest.mark.parametrize("name", ["lcov", "cobertura"])
def test_formats_without_a_word_for_it_stay_as_they_are(name: str) -> None:
    assert FORMATS[name](example_updates.highlighted()) == FORMATS[name](cover(example_runs.failed()))


def test_json_is_valid_and_has_the_places_of_the_functions() -> None:
    schema: Any = json.loads(files("funkqa.report").joinpath("coverage.schema.json").read_text("utf-8"))
    document = json.loads(FORMATS["json"](example_updates.highlighted()))
    jsonschema.Draft202012Validator(schema).validate(document)
    told = document["update"]
    assert told["ratio"] == {"covered": 3, "missing": 1, "skipped": 2, "total": 6, "percent": "50.0%"}
    for each in told["functions"]:
        if each["place"] is None:
            assert (each["name"], each["state"]) == ("BZ2_nowhere", "unmeasured")
        else:
            image, index = each["place"]
            function = document["images"][image]["functions"][index]
            assert (function["demangled"], function["state"]) == (each["name"], each["state"])


def test_the_case_of_an_update_never_fails() -> None:
    suite = ElementTree.fromstring(junit.render(example_updates.highlighted()).encode())
    [case] = [case for case in suite.iter("testcase") if case.get("name") == "changed"]
    assert case.get("status") == "success"
    assert suite.get("failures") == ElementTree.fromstring(junit.render(cover(example_runs.failed()))).get(
        "failures"
    )


@pytest.mark.parametrize("name", FORMATS)
def test_hostile_names_of_an_update_are_shown_literally(name: str) -> None:
    rendered = FORMATS[name](example_updates.hostile())
    assert not HIDDEN.search(unpacked(rendered) if name == "html" else rendered)


def test_with_an_update_a_comment_has_at_most_60_lines_and_a_suite_60_cases() -> None:
    coverage = example_updates.hostile()
    assert len(markdown.render(coverage).splitlines()) <= 60
    assert len(list(ElementTree.fromstring(junit.render(coverage).encode()).iter("testcase"))) <= 60


def test_what_was_not_executed_stands_first() -> None:
    coverage = example_updates.highlighted()
    assert coverage.update
    states = [update.executed(each) for each in update.ranked(coverage.update)]
    assert states == sorted(states)
