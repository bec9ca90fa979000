"""Reports of a release, as they stand in golden files and by their rules."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from funkqa.analysis.release import release_report
from funkqa.model.comparison import Judgement
from funkqa.model.measurement import Outcome
from funkqa.model.release import ReleaseReport
from funkqa.report.junit import Dialect
from funkqa.report.release import html, jsonreport, junit, markdown, plots, text
from funkqa.report.release.formats import FORMATS, SUFFIXES
from tests import example_releases
from tests.example_releases import BUILDS, FOLDERS, run_of, standing
from tests.examples import step

MAKERS = [example_releases.everything, example_releases.calm, example_releases.first, example_releases.many]
Make = Callable[[], ReleaseReport]
every = pytest.mark.parametrize("make", [*MAKERS, example_releases.hostile])
GOLDEN = {"text": "txt", "json": "json", "junit": "openqa.xml", "junit-standard": "standard.xml", "html": "html"}


@pytest.mark.parametrize("form", FORMATS)
def test_a_report_is_as_the_golden_file_has_it(form: str, golden: Callable[[str, str], None]) -> None:
    rendered = FORMATS[form](example_releases.everything())
    if form == "html":
        rendered = re.sub(
            r"<style>.*</style>|'sha256-[^']*'|&#39;sha256-[^&]*&#39;", "", rendered, flags=re.DOTALL
        )
    golden(f"release.{GOLDEN.get(form, 'md')}", rendered)


def test_the_first_line_says_it_all() -> None:
    assert text.render(example_releases.everything()).split("\n")[0] == (
        "20260501 -> 20260508: 298/400 functions 74.5% -> 306/400 76.5% (+2.0 pp) in 6 packages; "
        "3 worse, 1 better, 2 unchanged, 2 doubtful, 1 new, 1 gone, 1 flaky"
    )
    assert text.render(example_releases.first()).split("\n")[0] == (
        "20260501 -> 20260508: no package has a good result in both; 1 new"
    )


@pytest.mark.parametrize("make", MAKERS)
def test_text_fits_80_columns_but_for_the_headline_and_reasons(make: Make) -> None:
    lines = text.render(make()).split("\n")[1:]
    assert all(len(line) <= 80 for line in lines if ": the new " not in line)


@pytest.mark.parametrize("render", [text.render, markdown.render])
def test_a_step_that_no_longer_passes_is_named_where_no_function_is_lost(
    render: Callable[[ReleaseReport], str],
) -> None:
    before, after = (
        replace(run_of("bzip2", range(20), release), steps=(step("roundtrip", outcome=outcome),))
        for release, outcome in ((1, Outcome.PASSED), (2, Outcome.FAILED))
    )
    report = release_report(FOLDERS[1:], [BUILDS[1:2], BUILDS[2:]], [standing([before, after])], [])
    assert report.judgement is Judgement.SOFTFAIL
    assert "1 step no longer passes: roundtrip" in render(report)


def test_long_lists_are_cut_and_say_so() -> None:
    rendered = text.render(example_releases.many())
    assert "50 worse: " in rendered
    assert "and 30 more, which the HTML and JSON reports list" in rendered
    assert rendered.count("package-") == 50 + 20


@every
@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_text_that_ends_with_a_newline_and_hides_nothing(make: Make, form: str) -> None:
    rendered = FORMATS[form](make())
    assert rendered.endswith("\n")
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff\ufffe\uffff]", rendered)
    rendered.encode()


def test_one_package_is_no_packages() -> None:
    assert "9/40 functions 22.5% in 1 package\n" in FORMATS["junit"](_of_one_package())


def _of_one_package() -> ReleaseReport:
    runs = [run_of("bzip2", range(9), release) for release in (1, 2)]
    return release_report(FOLDERS[1:], [BUILDS[1:2], BUILDS[2:]], [standing(runs)], [])


def test_every_suffix_means_a_format() -> None:
    assert set(SUFFIXES.values()) == FORMATS.keys() - {"junit-standard"}


def schema() -> Any:
    return json.loads(files("funkqa.report").joinpath("release/release.schema.json").read_text("utf-8"))


@every
def test_json_is_valid_against_its_schema(make: Make) -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    document = json.loads(jsonreport.render(make()))
    jsonschema.Draft202012Validator(schema()).validate(document)
    assert document["headline"] == text.render(make()).split("\n")[0]
    assert len(document["packages"]) == len(make().packages)
    assert all(len(each["history"]) == len(document["releases"]) for each in document["packages"])


def suite(make: Make, dialect: Dialect = "openqa") -> ElementTree.Element:
    return ElementTree.fromstring(junit.render(make(), dialect=dialect).encode())


@every
def test_the_suite_has_the_names_and_counters_that_openqa_reads(make: Make) -> None:
    found = suite(make)
    assert found.get("name") == "funkqa_release"
    assert (found.get("package"), found.get("classname")) == ("funkqa.funkqa_release", "funkqa")
    cases = found.findall("testcase")
    statuses = [case.get("status") for case in cases]
    assert found.get("tests") == str(len(cases))
    assert found.get("failures") == str(statuses.count("failure"))
    assert found.get("softfailures", "0") == str(statuses.count("softfail"))
    assert 1 <= len(cases) <= 60
    for case in cases:
        assert re.match(r"[0-9]+/[0-9]+ ", case.findtext("system-out") or "")
        assert len((case.findtext("system-out") or "").encode()) <= 16 * 1024
        assert re.fullmatch("[ -~]{1,200}", case.get("name", ""))
    assert len({case.get("name") for case in cases}) == len(cases)


def test_the_worst_58_packages_have_cases_and_one_is_for_the_others() -> None:
    names = [case.get("name") for case in suite(example_releases.many).findall("testcase")]
    worst = [each.package for each in example_releases.many().packages[:58]]
    assert names == [*(f"package: {name}" for name in worst), "others", "release: total"]


@every
def test_the_worst_case_is_as_bad_as_the_judgement(make: Make) -> None:
    statuses = {case.get("status") for case in suite(make).findall("testcase")}
    worst = "failure" if "failure" in statuses else "softfail" if "softfail" in statuses else "success"
    expected = {Judgement.PASSED: "success", Judgement.SOFTFAIL: "softfail", Judgement.FAILED: "failure"}
    assert worst == expected[make().judgement]


@every
def test_the_standard_dialect_knows_no_softfail(make: Make) -> None:
    found = suite(make, "standard")
    assert set(found.attrib) == {"name", "tests", "failures", "errors", "skipped", "time"}
    assert {child.tag for case in found.findall("testcase") for child in case} <= {"failure", "system-out"}


class _Page(HTMLParser):
    """Tags, identifiers and what they point to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.places: set[str] = set()
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [
            value or "" for name, value in attributes if name in ("href", "src", "style") or name[:2] == "on"
        ]
        self.places |= {f"#{value}" for name, value in attributes if name == "id"}
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@every
def test_a_page_is_whole_has_no_script_and_loads_nothing(make: Make) -> None:
    rendered = html.render(make())
    page = _Page(rendered)
    assert page.open == []
    assert set(page.links) <= page.places
    assert not page.tags & {"script", "link", "img", "iframe", "b"}
    assert not re.search(r"url\(|@import", rendered)
    assert "prefers-color-scheme: dark" in rendered


@pytest.mark.parametrize("make", MAKERS)
def test_a_page_lists_every_package(make: Make) -> None:
    rendered = html.render(make())
    for each in make().packages:
        assert f'<span class="name">{each.package}</span>' in rendered


@every
def test_markdown_shows_names_as_they_are(make: Make) -> None:
    rendered = markdown.render(make())
    assert not re.search("[<>&@]", re.sub(r"(`+).*?\1", "", rendered).replace(" -> ", ""))
    rows = [line for line in rendered.split("\n") if line.startswith("|")]
    assert all(len(re.findall(r"(?<!\\)\|", row)) in (5, 8) for row in rows)


@every
@pytest.mark.parametrize("form", ["text", "markdown", "junit", "junit-standard", "html"])
def test_no_percentage_stands_without_the_functions_it_is_of(make: Make, form: str) -> None:
    rendered = FORMATS[form](make())
    if form == "html":  # what the eye sees: the plots' labels have their counts in their titles and the caption
        rendered = re.sub(r"(?s)<style>.*?</style>|<svg.*?</svg>|<[^>]+>", " ", rendered)
    found = re.findall(r"(.{0,60}?)[0-9.]+%", rendered)
    assert all(re.search(r"[0-9]/[0-9,]+(?: functions)?[ |]*$", before) for before in found), found


@every
def test_plots_stay_within_their_frame(make: Make) -> None:
    report = make()
    for point in plots.totals(report):
        assert 0 <= point.x <= plots.WIDTH
        assert 0 <= point.y <= plots.BASELINE
    bins, most = plots.distribution(report)
    assert sum(each.before for each in bins) == sum(each.before is not None for each in report.packages)
    assert sum(each.after for each in bins) == sum(each.after is not None for each in report.packages)
    assert max(max(each.before, each.after) for each in bins) <= most
    for bar in plots.changes(report)[0]:
        assert 0 <= bar.x <= plots.WIDTH
        assert 0 <= bar.y < bar.y + bar.height <= plots.BASELINE + 1


def test_a_line_needs_two_results() -> None:
    lines = {each.package: plots.spark(each.history) for each in example_releases.everything().packages}
    assert lines["fresh"] == ""
    assert lines["risen"].count(",") == 2
    assert lines["fallen"].count(",") == 3
