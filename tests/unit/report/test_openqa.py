"""openQA's own parsers on what we write."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from funkqa.analysis.coverage import cover
from funkqa.model.comparison import Comparison, Judgement
from funkqa.model.coverage import Coverage, Verdict
from funkqa.model.measurement import Measurement
from funkqa.model.release import ReleaseReport
from funkqa.report import junit
from funkqa.report.cases import cases
from funkqa.report.comparison import cases as comparison_cases
from funkqa.report.comparison import junit as comparison_junit
from funkqa.report.release import cases as release_cases
from funkqa.report.release import junit as release_junit
from funkqa.report.testcase import Status
from tests import example_comparisons, example_releases, example_runs, example_updates
from tests.openqa_parser import Shown, needs_openqa, shown

_WORDS = {
    Status.SUCCESS: "ok",
    Status.FAILURE: "fail",
    Status.SKIPPED: "missing",
    Status.SOFTFAIL: "softfail",
}

pytestmark = needs_openqa


@pytest.mark.parametrize("kind", ["JUnit", "XUnit"])
@pytest.mark.parametrize(
    "run",
    [
        example_runs.passed,
        example_runs.failed,
        example_runs.nothing,
        example_runs.exercised,
        example_runs.hostile,
        example_runs.hostile_names,
        example_runs.hostile_output,
    ],
)
def test_openqa_shows_our_verdict_and_every_case(
    run: Callable[[], Measurement], kind: str, tmp_path: Path
) -> None:
    coverage = cover(run())
    path = tmp_path / "funkqa.xml"
    path.write_text(junit.render(coverage), encoding="utf-8")
    assert shown(path, kind) == Shown(
        name=junit.suite_name(coverage.measurement.run.recipe),
        result="passed" if coverage.verdict is Verdict.PASSED else "failed",
        steps=[_WORDS[case.status] for case in cases(coverage)],
    )


@pytest.mark.parametrize("kind", ["JUnit", "XUnit"])
@pytest.mark.parametrize("make", [example_updates.highlighted, example_updates.hostile])
def test_openqa_shows_what_an_update_changed_as_one_more_case(
    make: Callable[[], Coverage], kind: str, tmp_path: Path
) -> None:
    coverage = make()
    path = tmp_path / "funkqa.xml"
    path.write_text(junit.render(coverage), encoding="utf-8")
    steps = [_WORDS[case.status] for case in cases(coverage)]
    assert shown(path, kind).steps == steps
    assert len(steps) == len(cases(replace(coverage, update=None))) + 1


@pytest.mark.parametrize("kind", ["JUnit", "XUnit"])
@pytest.mark.parametrize(
    "make",
    [
        example_comparisons.headline,
        example_comparisons.same,
        example_comparisons.softfail,
        example_comparisons.first,
        example_comparisons.failed,
        example_comparisons.hostile,
    ],
)
def test_openqa_shows_the_judgement_on_a_comparison(
    make: Callable[[], Comparison], kind: str, tmp_path: Path
) -> None:
    comparison = make()
    path = tmp_path / "funkqa.xml"
    path.write_text(comparison_junit.render(comparison), encoding="utf-8")
    results = {Judgement.PASSED: "passed", Judgement.SOFTFAIL: "softfailed", Judgement.FAILED: "failed"}
    assert shown(path, kind) == Shown(
        name=comparison_junit.suite_name(comparison.recipe),
        result=results[comparison.judgement],
        steps=[_WORDS[case.status] for case in comparison_cases.cases(comparison)],
    )


@pytest.mark.parametrize("kind", ["JUnit", "XUnit"])
@pytest.mark.parametrize(
    "make",
    [
        example_releases.everything,
        example_releases.calm,
        example_releases.first,
        example_releases.many,
        example_releases.hostile,
    ],
)
def test_openqa_shows_the_judgement_on_a_release(
    make: Callable[[], ReleaseReport], kind: str, tmp_path: Path
) -> None:
    report = make()
    path = tmp_path / "funkqa.xml"
    path.write_text(release_junit.render(report), encoding="utf-8")
    results = {Judgement.PASSED: "passed", Judgement.SOFTFAIL: "softfailed", Judgement.FAILED: "failed"}
    assert shown(path, kind) == Shown(
        name="funkqa_release",
        result=results[report.judgement],
        steps=[_WORDS[case.status] for case in release_cases.cases(report)],
    )
