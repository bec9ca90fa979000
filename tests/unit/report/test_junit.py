"""The rules of openQA's dialect, checked on every run; test_openqa.py asks openQA itself."""

import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funkqa.analysis.coverage import cover
from funkqa.model.coverage import Verdict
from funkqa.model.measurement import Measurement, Outcome
from funkqa.model.plan import Standing
from funkqa.model.recipe import Measure, Phase
from funkqa.report import junit
from tests import example_runs
from tests.examples import function, image, measurement, package, step

RUNS = [
    example_runs.passed,
    example_runs.failed,
    example_runs.nothing,
    example_runs.exercised,
    example_runs.hostile,
    example_runs.hostile_names,
    example_runs.hostile_output,
]
DIALECTS: list[junit.Dialect] = ["openqa", "standard"]
TAGS = {"success": "passed", "failure": "failure", "skipped": "skipped"}

every_run = pytest.mark.parametrize("run", RUNS)
every_dialect = pytest.mark.parametrize("dialect", DIALECTS)


def suite_of(run: Measurement, dialect: junit.Dialect = "openqa") -> ElementTree.Element:
    return ElementTree.fromstring(junit.render(cover(run), dialect=dialect).encode())


def text_of(run: Measurement, name: str) -> str:
    return next(case.findtext("system-out", "") for case in suite_of(run) if case.get("name") == name)


def expecting(count: int) -> Measure:
    return Measure(expect=tuple(f"f{n}" for n in range(count)))


def failing(run: Measurement) -> list[str]:
    return [case.get("name", "") for case in suite_of(run) if case.get("status") == "failure"]


@every_dialect
@pytest.mark.parametrize("run", [example_runs.passed, example_runs.failed])
def test_junit_is_as_the_golden_file_has_it(
    run: Callable[[], Measurement], dialect: junit.Dialect, golden: Callable[[str, str], None]
) -> None:
    golden(f"{run.__name__}.{dialect}.xml", junit.render(cover(run()), dialect=dialect))


@every_run
@every_dialect
def test_the_file_has_a_prolog_a_newline_and_nothing_that_breaks_a_parser(
    run: Callable[[], Measurement], dialect: junit.Dialect
) -> None:
    rendered = junit.render(cover(run()), dialect=dialect)
    assert rendered.startswith('<?xml version="1.0" encoding="UTF-8"?>\n')
    assert rendered.endswith("</testsuite>\n")
    assert not re.search(r"&#x", rendered)
    assert all(int(number) <= 127 for number in re.findall(r"&#([0-9]+);", rendered))
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]", rendered)
    rendered.encode()


@every_run
def test_the_suite_has_the_names_that_both_of_openqas_formats_read(run: Callable[[], Measurement]) -> None:
    suite = suite_of(run())
    name = suite.get("name", "")
    assert re.fullmatch(r"funkqa_[A-Za-z0-9_-]{1,100}", name)
    assert suite.tag == "testsuite"
    assert suite.get("package") == f"funkqa.{name}"
    assert suite.get("classname") == "funkqa"
    assert "id" not in suite.attrib


@every_run
@every_dialect
def test_the_counters_agree_with_the_cases(run: Callable[[], Measurement], dialect: junit.Dialect) -> None:
    suite = suite_of(run(), dialect)
    assert suite.get("tests") == str(len(suite.findall("testcase")))
    assert suite.get("failures") == str(len(suite.findall("testcase/failure")))
    assert suite.get("skipped") == str(len(suite.findall("testcase/skipped")))
    assert suite.get("errors") == "0"
    assert not suite.findall("testcase/error")
    assert suite.get("softfailures") is None


@every_run
def test_each_case_says_its_status_and_its_text_twice(run: Callable[[], Measurement]) -> None:
    for case in suite_of(run()).findall("testcase"):
        verdict, output = case
        assert verdict.tag == TAGS[case.get("status", "")]
        assert output.tag == "system-out"
        assert verdict.get("message") == output.text


@every_run
@every_dialect
def test_there_are_five_to_sixty_cases_with_distinct_ascii_names(
    run: Callable[[], Measurement], dialect: junit.Dialect
) -> None:
    names = [case.get("name", "") for case in suite_of(run(), dialect).findall("testcase")]
    assert 5 <= len(names) <= 60
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[ -~]{1,200}", name) for name in names)
    assert names[:3] == ["install", "debuginfo", "instrument"]
    assert names[-1] == "coverage: total"


@every_run
def test_a_text_is_short_and_its_first_line_is_a_number(run: Callable[[], Measurement]) -> None:
    for case in suite_of(run()).findall("testcase"):
        text = case.findtext("system-out", "")
        assert len(text.encode()) <= 16 * 1024
        assert re.match(r"[0-9]+/[0-9]+ ", text)


def test_the_longest_text_keeps_its_end() -> None:
    output = b"start\n" + b"x" * 100_000 + b"\nthe error"
    text = text_of(measurement(steps=[step(output=output)]), "run: roundtrip")
    assert "start" in text
    assert re.search(r"\[\.\.\. [0-9]+ bytes are left out here \.\.\.\]", text)
    assert text.endswith("\nthe error")


def test_the_properties_tell_what_was_measured_and_where() -> None:
    properties = {p.get("name"): p.get("value") for p in suite_of(example_runs.failed()).iter("property")}
    assert properties == {
        "package": "bzip2",
        "version": "1.0.8",
        "distri": "opensuse-tumbleweed 20260501",
        "release": "5.1",
        "build": "",
        "arch": "x86_64",
    }


def test_an_epoch_and_a_dash_in_the_name_do_not_confuse_the_properties() -> None:
    run = measurement(packages=[package("python3-pip-1:22.3-4.fc40.noarch", "python3-pip")], environment={})
    properties = {p.get("name"): p.get("value") for p in suite_of(run).iter("property")}
    assert properties["package"] == "python3-pip"
    assert (properties["version"], properties["release"], properties["arch"]) == ("1:22.3", "4.fc40", "noarch")


@pytest.mark.parametrize(
    ("recipe", "name"),
    [("bzip2", "funkqa_bzip2"), ("gtk+-3.0", "funkqa_gtkplus-3_0"), ("a/b c", "funkqa_a_b_c")],
)
def test_the_suite_is_named_so_that_openqa_keeps_the_name(recipe: str, name: str) -> None:
    assert junit.suite_name(recipe) == name


def test_each_outcome_of_a_step_has_the_status_that_the_verdict_gives_it() -> None:
    statuses = {
        outcome: suite_of(measurement(steps=[step("base"), step("it", outcome)]))[5].get("status")
        for outcome in Outcome
    }
    assert statuses == {
        Outcome.PASSED: "success",
        Outcome.FAILED: "failure",
        Outcome.TIMEOUT: "failure",
        Outcome.SKIPPED: "skipped",
        Outcome.XFAIL: "success",
        Outcome.XPASS: "failure",
        Outcome.INFO: "success",
    }


def test_each_finding_fails_the_case_it_belongs_to() -> None:
    assert failing(example_runs.passed()) == []
    assert failing(example_runs.failed()) == [
        "debuginfo",
        "instrument",
        "run: corrupt file",
        "expect: usage",
        "expect: BZ2_bzNowhere",
        "coverage: total",
    ]
    assert failing(measurement(faults=["records lost"])) == ["instrument"]
    assert failing(measurement(complete=False)) == ["coverage: total"]


def test_a_step_that_never_ran_fails_the_run_even_if_nothing_else_does() -> None:
    assert failing(measurement(steps=[step("base"), step("it", Outcome.SKIPPED)])) == ["coverage: total"]


def test_nothing_measured_is_a_failure() -> None:
    assert failing(example_runs.nothing()) == ["run: setup", "coverage: /usr/bin/bzip2", "coverage: total"]
    assert failing(measurement([], [], {}, packages=[])) == [
        "install",
        "debuginfo",
        "instrument",
        "run: nothing",
        "coverage: total",
    ]


def test_of_too_many_cases_the_failed_ones_stay() -> None:
    steps = [step(f"s{n}", Outcome.FAILED if n == 79 else Outcome.PASSED) for n in range(80)]
    names = [case.get("name") for case in suite_of(measurement(steps=steps)).findall("testcase")]
    assert names[-4:] == ["run: s79", "run: others", "coverage: /usr/bin/bzip2", "coverage: total"]
    assert failing(measurement(steps=steps)) == ["run: s79"]


@given(st.integers(0, 80), st.integers(0, 80), st.integers(1, 80), st.data())
def test_merging_loses_no_failure(images: int, expects: int, steps: int, draw: st.DataObject) -> None:
    mostly_passed = st.sampled_from([Outcome.PASSED] * 9 + [Outcome.FAILED])
    outcomes = draw.draw(st.lists(mostly_passed, min_size=1, max_size=steps))
    run = measurement(
        [image(f"/usr/bin/{n}", [function(f"f{n}")]) for n in range(images + 1)],
        [step(f"s{n}", outcome) for n, outcome in enumerate(outcomes)],
        {(0, 0): [0]},
        measure=expecting(expects),
    )
    suite = suite_of(run)
    assert len(suite.findall("testcase")) <= 60
    failures = suite.findall("testcase[failure]")
    shown = " ".join(case.get("name", "") + " " + case.findtext("system-out", "") for case in failures)
    for n, outcome in enumerate(outcomes):
        assert outcome.good or re.search(rf"run: s{n}\b", shown)
    for n in range(1, expects):
        assert re.search(rf"expect: f{n}\b", shown)


@given(st.data())
def test_a_case_fails_exactly_if_the_verdict_is_not_passed(draw: st.DataObject) -> None:
    standings = st.sampled_from([Standing.PROBED] * 5 + list(Standing))
    images = [
        image(f"/usr/bin/{n}", [function(f"f{i}", standing=draw.draw(standings)) for i in range(size)])
        for n, size in enumerate(draw.draw(st.lists(st.integers(0, 4), max_size=3)))
    ]
    outcomes = draw.draw(st.lists(st.sampled_from([Outcome.PASSED] * 5 + list(Outcome)), max_size=3))
    phases = st.sampled_from([Phase.EXECUTE, Phase.EXECUTE, Phase.PREPARE])
    run = measurement(
        images,
        [step(f"s{n}", outcome, phase=draw.draw(phases)) for n, outcome in enumerate(outcomes)],
        {(i, s): draw.draw(st.lists(st.integers(0, 3))) for i in range(len(images)) for s in range(len(outcomes))},
        measure=expecting(draw.draw(st.integers(0, 2))),
        faults=draw.draw(st.lists(st.just("fault"), max_size=1)),
        complete=draw.draw(st.sampled_from([True, True, True, False])),
    )
    assert bool(failing(run)) == (cover(run).verdict is not Verdict.PASSED)


@every_run
def test_the_standard_dialect_has_nothing_that_its_schemas_refuse(run: Callable[[], Measurement]) -> None:
    suite = suite_of(run(), "standard")
    assert set(suite.attrib) == {"name", "tests", "failures", "errors", "skipped", "time"}
    assert [child.tag for child in suite][:2] == ["properties", "testcase"]
    for case in suite.findall("testcase"):
        (only,) = case
        assert set(case.attrib) == {"name", "classname", "time"}
        assert re.fullmatch(r"[0-9]+\.[0-9]{3}", case.get("time", ""))
        attributes = {"failure": {"type", "message"}, "skipped": {"message"}, "system-out": set()}
        assert set(only.attrib) == attributes[only.tag]
