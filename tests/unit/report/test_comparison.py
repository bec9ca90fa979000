"""Reports of comparisons, as they stand in golden files and by their rules."""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from funkqa.analysis.compare import compare
from funkqa.model.comparison import Change, Comparison, Judgement, Named
from funkqa.model.measurement import Outcome
from funkqa.report.comparison import html, jsonreport, junit, markdown, text, words
from funkqa.report.comparison.formats import FORMATS
from funkqa.report.junit import Dialect
from tests import example_comparisons
from tests.examples import measurement, step

MAKERS = [
    example_comparisons.headline,
    example_comparisons.same,
    example_comparisons.softfail,
    example_comparisons.first,
    example_comparisons.failed,
]
every = pytest.mark.parametrize("make", [*MAKERS, example_comparisons.hostile])
Make = Callable[[], Comparison]
SUFFIXES = {"text": "txt", "json": "json", "junit": "openqa.xml", "junit-standard": "standard.xml", "html": "html"}


@pytest.mark.parametrize("form", FORMATS)
def test_a_report_is_as_the_golden_file_has_it(form: str, golden: Callable[[str, str], None]) -> None:
    rendered = FORMATS[form](example_comparisons.failed())
    if form == "html":
        rendered = re.sub(
            r"<style>.*</style>|'sha256-[^']*'|&#39;sha256-[^&]*&#39;", "", rendered, flags=re.DOTALL
        )
    golden(f"compare-failed.{SUFFIXES.get(form, 'md')}", rendered)


@pytest.mark.parametrize("make", MAKERS)
def test_text_is_as_the_golden_file_has_it(make: Make, golden: Callable[[str, str], None]) -> None:
    golden(f"compare-{make.__name__}.txt", text.render(make()))


def test_the_first_line_is_that_of_the_design() -> None:
    assert text.render(example_comparisons.headline()).split("\n")[0] == (
        "bzip2 1.0.8-5.1 -> 1.0.8-5.2, build 20260501 -> 20260508: "
        "42.2% -> 39.1% (-3.1 pp, 2 of 64 functions lost, 1 new)"
    )
    assert text.render(example_comparisons.first()).split("\n")[0] == (
        "bzip2 1.0.8-5.1, build 20260501: 42.2%, no baseline"
    )


def test_the_text_fits_a_terminal_but_for_what_must_stay_whole() -> None:
    for make in MAKERS:
        _, *lines = text.render(make()).split("\n")
        assert max(map(len, lines)) <= 80
    name, steps = "x" * 90, ", ".join(f"step {number}" for number in range(30))
    rows = list(text.table([("main", "a.c:1", "entered by all"), (name, "b.c:2", steps)], indent=4))
    assert rows[:2] == ["    main  a.c:1  entered by all", f"    {name}"]
    assert " ".join(" ".join(rows[2:]).split()) == f"b.c:2 {steps}"
    assert max(map(len, rows[2:])) <= 80


def test_what_changed_is_one_sentence() -> None:
    assert words.explanation(example_comparisons.headline()) == "the package and the environment changed"
    assert words.explanation(example_comparisons.failed()) == (
        "the recipe, the package and the environment changed"
    )
    assert words.explanation(example_comparisons.same()) == "nothing changed"
    assert words.explanation(example_comparisons.softfail()) == "nothing changed, so the result is flaky"


def test_the_example_that_has_everything_has_every_change_but_one() -> None:
    """What was inlined before is in ``test_compare.py``: here a function goes the other way."""
    found = {each.change for each in example_comparisons.failed().functions}
    assert set(Change) - found == {Change.OUTLINED}


@every
@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_text_that_ends_with_a_newline_and_hides_nothing(make: Make, form: str) -> None:
    rendered = FORMATS[form](make())
    assert rendered.endswith("\n")
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff\ufffe\uffff]", rendered)
    rendered.encode()


def schema() -> Any:
    return json.loads(files("funkqa.report").joinpath("comparison/comparison.schema.json").read_text("utf-8"))


@every
def test_json_is_valid_against_its_schema(make: Make) -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    document = json.loads(jsonreport.render(make()))
    jsonschema.Draft202012Validator(schema()).validate(document)
    assert document["schema"] == "funkqa/comparison/1"
    assert document["headline"] == text.render(make()).split("\n")[0]


def suite(make: Make, dialect: Dialect = "openqa") -> ElementTree.Element:
    return ElementTree.fromstring(junit.render(make(), dialect=dialect).encode())


@every
def test_the_suite_has_the_names_and_counters_that_openqa_reads(make: Make) -> None:
    found = suite(make)
    name = found.get("name", "")
    assert re.fullmatch(r"funkqa_compare_[A-Za-z0-9_-]{1,100}", name)
    assert (found.get("package"), found.get("classname")) == (f"funkqa.{name}", "funkqa")
    assert "id" not in found.attrib
    cases = found.findall("testcase")
    statuses = [case.get("status") for case in cases]
    assert found.get("tests") == str(len(cases))
    assert found.get("failures") == str(statuses.count("failure"))
    assert found.get("softfailures", "0") == str(statuses.count("softfail"))
    assert (found.get("errors"), found.get("skipped")) == ("0", "0")
    assert 5 <= len(cases) <= 60
    for case in cases:
        verdict, output = case
        assert verdict.get("message") == output.text
        assert re.match(r"[0-9]+/[0-9]+ ", output.text or "")
        assert len((output.text or "").encode()) <= 16 * 1024
        assert re.fullmatch("[ -~]{1,200}", case.get("name", ""))
    assert len({case.get("name") for case in cases}) == len(cases)


@every
def test_the_worst_case_is_as_bad_as_the_judgement(make: Make) -> None:
    statuses = {case.get("status") for case in suite(make).findall("testcase")}
    worst = "failure" if "failure" in statuses else "softfail" if "softfail" in statuses else "success"
    expected = {Judgement.PASSED: "success", Judgement.SOFTFAIL: "softfail", Judgement.FAILED: "failure"}
    assert worst == expected[make().judgement]


def test_a_step_that_no_longer_passes_is_a_softfail_and_its_row_stands_first() -> None:
    names = [f"step {number:02}" for number in range(30)]
    before = measurement(steps=[step(name) for name in names])
    after = measurement(
        steps=[step(name, Outcome.FAILED if name in ("step 20", "step 29") else Outcome.PASSED) for name in names]
    )
    comparison = compare([Named("a", before)], Named("b", after))
    (case,) = (
        case
        for case in ElementTree.fromstring(junit.render(comparison).encode()).findall("testcase")
        if case.get("name") == "steps"
    )
    assert case.get("status") == "softfail"
    lines = (case[1].text or "").split("\n")
    assert lines[:2] == ["28/30 steps are the same", "2 steps no longer pass: step 20, step 29"]
    assert [line.partition(":")[0] for line in lines if line.startswith("step ")][:3] == [
        "step 20",
        "step 29",
        "step 00",
    ]
    rows = [line for line in markdown.render(comparison).split("\n") if line.startswith("| `step ")]
    assert [row.split("`")[1] for row in rows[:3]] == ["step 20", "step 29", "step 00"]


@every
def test_the_standard_dialect_knows_no_softfail(make: Make) -> None:
    found = suite(make, "standard")
    assert set(found.attrib) == {"name", "tests", "failures", "errors", "skipped", "time"}
    assert {child.tag for case in found.findall("testcase") for child in case} <= {"failure", "system-out"}


class _Page(HTMLParser):
    """Tags and attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [
            value or "" for name, value in attributes if name in ("href", "src", "style") or name[:2] == "on"
        ]
        if tag not in ("meta", "rect"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag == "rect" or self.open.pop() == tag


@every
def test_a_page_is_whole_has_no_script_and_loads_nothing(make: Make) -> None:
    rendered = html.render(make())
    page = _Page(rendered)
    assert page.open == []
    assert page.links == []
    assert not page.tags & {"script", "link", "img", "iframe", "b"}
    assert not re.search(r"url\(|@import", rendered)
    assert "prefers-color-scheme: dark" in rendered


@every
def test_markdown_shows_names_as_they_are(make: Make) -> None:
    rendered = markdown.render(make())
    assert not re.search("[<>&@]", re.sub(r"(`+).*?\1", "", rendered).replace(" -> ", ""))
    rows = [line for line in rendered.split("\n") if line.startswith("|")]
    assert all(len(re.findall(r"(?<!\\)\|", row)) in (7, 8) for row in rows)
