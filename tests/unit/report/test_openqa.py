"""openQA's own parsers on what we write.

``FUNKQA_OPENQA_PARSE`` names an executable that takes ``--strict --format XUnit|JUnit FILE``, prints as JSON what
openQA would show, and exits with 0 if openQA has nothing to complain about. Without it, openQA's library is asked
where it is installed (package ``openQA-common`` or ``openqa-common``).
"""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from funkqa.analysis.coverage import cover
from funkqa.model.comparison import Comparison, Judgement
from funkqa.model.coverage import Verdict
from funkqa.model.measurement import Measurement
from funkqa.report import junit
from funkqa.report.cases import cases
from funkqa.report.comparison import cases as comparison_cases
from funkqa.report.comparison import junit as comparison_junit
from funkqa.report.testcase import Status
from tests import example_comparisons, example_runs

_EXECUTABLE = os.environ.get("FUNKQA_OPENQA_PARSE", "")
_LIBRARY = Path(os.environ.get("OPENQA_LIBPATH", "/usr/share/openqa/lib"))
_PERL = """
use OpenQA::Parser 'parser'; use Mojo::JSON 'encode_json';
my $parser = parser($ARGV[0]); $parser->load($ARGV[1]);
print encode_json([map { {name => $_->name, result => $_->result, steps => [map { $_->{result} } @{$_->details}]} }
    $parser->results->each]);
"""
_WORDS = {
    Status.SUCCESS: "ok",
    Status.FAILURE: "fail",
    Status.SKIPPED: "missing",
    Status.SOFTFAIL: "softfail",
}

pytestmark = pytest.mark.skipif(
    not _EXECUTABLE and not (_LIBRARY / "OpenQA/Parser.pm").exists(),
    reason="FUNKQA_OPENQA_PARSE names no parser, and openQA's library is not installed",
)


class Shown(NamedTuple):
    """A module as openQA shows it."""

    name: str
    result: str
    steps: list[str]


def shown(path: Path, kind: str) -> Shown:
    return _by_executable(path, kind) if _EXECUTABLE else _by_library(path, kind)


def _by_executable(path: Path, kind: str) -> Shown:
    ran = subprocess.run([_EXECUTABLE, "--strict", "--format", kind, path], capture_output=True, check=False)
    answer = json.loads(ran.stdout)
    assert (ran.returncode, answer["problems"]) == (0, [])
    (module,) = answer["modules"]
    assert answer["worst"] == module["result"]
    return Shown(module["name"], module["result"], [step["result"] for step in module["steps"]])


def _by_library(path: Path, kind: str) -> Shown:
    command = ["perl", f"-I{_LIBRARY}", "-e", _PERL, kind, str(path)]
    ran = subprocess.run(command, capture_output=True, check=True)
    assert ran.stderr == b""
    (module,) = json.loads(ran.stdout)
    words = {"ok": "passed", "fail": "failed", "softfail": "softfailed"}
    return Shown(module["name"], words[module["result"]], module["steps"])


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
