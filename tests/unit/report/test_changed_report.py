"""Reports of changes, as they stand in golden files and by their rules."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from funkqa.model.change import Changes, CodeChange, Reach
from funkqa.report.changed import jsonreport, junit, text, words
from funkqa.report.changed.formats import FORMATS
from tests import example_changes

MAKERS = [
    example_changes.rebuilt,
    example_changes.without_a_run,
    example_changes.covered,
    example_changes.everything,
]
every = pytest.mark.parametrize("make", [*MAKERS, example_changes.hostile])
Make = Callable[[], Changes]
SUFFIXES = {
    "text": "txt",
    "json": "json",
    "junit": "openqa.xml",
    "junit-standard": "standard.xml",
    "markdown": "md",
}


@pytest.mark.parametrize("form", FORMATS)
def test_a_report_is_as_the_golden_file_has_it(form: str, golden: Callable[[str, str], None]) -> None:
    golden(f"changed-everything.{SUFFIXES[form]}", FORMATS[form](example_changes.everything()))


@pytest.mark.parametrize("make", MAKERS[:3])
def test_text_is_as_the_golden_file_has_it(make: Make, golden: Callable[[str, str], None]) -> None:
    golden(f"changed-{make.__name__}.txt", text.render(make()))


def test_the_example_that_has_everything_has_every_change_and_every_reach() -> None:
    found = example_changes.everything().functions
    assert {each.change for each in found} == set(CodeChange)
    assert {each.reach for each in found} == {None, *Reach}


def test_every_number_of_a_line_has_its_commas() -> None:
    (first, *_) = example_changes.everything().functions
    grown = replace(first, change=CodeChange.CHANGED, size_before=2973, size_after=2968)
    assert words.sizes(grown) == "2,973 -> 2,968 bytes"


@every
@pytest.mark.parametrize("form", FORMATS)
def test_every_format_ends_with_a_newline_and_hides_nothing(make: Make, form: str) -> None:
    rendered = FORMATS[form](make())
    assert rendered.endswith("\n")
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff\ufffe\uffff]", rendered)
    rendered.encode()


@every
def test_json_is_valid_against_its_schema(make: Make) -> None:
    schema: Any = json.loads(files("funkqa.report").joinpath("changed/changed.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    document = json.loads(jsonreport.render(make()))
    jsonschema.Draft202012Validator(schema).validate(document)
    assert document["schema"] == "funkqa/changed/1"
    assert len(document["functions"]) == sum(document["counts"].values())


@every
def test_the_suite_has_the_names_and_counters_that_openqa_reads(make: Make) -> None:
    found = ElementTree.fromstring(junit.render(make()).encode())
    assert re.fullmatch(r"funkqa_changed_[A-Za-z0-9_-]{1,100}", found.get("name", ""))
    cases = found.findall("testcase")
    statuses = [case.get("status") for case in cases]
    assert found.get("tests") == str(len(cases))
    assert found.get("failures") == str(statuses.count("failure"))
    assert found.get("softfailures", "0") == str(statuses.count("softfail"))
    assert 3 <= len(cases) <= 60
    for case in cases:
        verdict, output = case
        assert verdict.get("message") == output.text
        assert re.match(r"[0-9]+/[0-9]+ ", output.text or "")
        assert len((output.text or "").encode()) <= 16 * 1024
        assert re.fullmatch("[ -~]{1,200}", case.get("name", ""))
    assert len({case.get("name") for case in cases}) == len(cases)


@every
def test_the_suite_fails_if_and_only_if_the_gate_is_missed(make: Make) -> None:
    found = ElementTree.fromstring(junit.render(make()).encode())
    assert (found.get("failures") != "0") == make().failed


@every
def test_the_standard_dialect_knows_no_softfail(make: Make) -> None:
    found = ElementTree.fromstring(junit.render(make(), dialect="standard").encode())
    assert {child.tag for case in found.findall("testcase") for child in case} <= {"failure", "system-out"}


@every
def test_markdown_shows_names_as_they_are(make: Make) -> None:
    rendered = FORMATS["markdown"](make())
    assert not re.search("[<>&@]", re.sub(r"(`+).*?\1", "", rendered).replace(" -> ", ""))
