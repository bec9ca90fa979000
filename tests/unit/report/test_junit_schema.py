"""The standard dialect of JUnit against the schema of Jenkins' xUnit plugin."""

from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from funkqa.analysis.coverage import cover
from funkqa.model.measurement import Measurement
from funkqa.report import junit
from funkqa.report.cases import cases
from funkqa.report.testcase import Status
from tests import example_runs

SCHEMA = etree.XMLSchema(file=str(Path(__file__).parent / "schemas/junit-10.xsd"))


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
def test_the_standard_dialect_is_valid_and_counts_what_the_cases_are(run: Callable[[], Measurement]) -> None:
    coverage = cover(run())
    suite = etree.fromstring(junit.render(coverage, dialect="standard").encode())
    assert SCHEMA.validate(suite), SCHEMA.error_log
    statuses = [case.status for case in cases(coverage)]
    counted = [suite.get(name) for name in ("tests", "failures", "skipped")]
    wanted = [len(statuses), statuses.count(Status.FAILURE), statuses.count(Status.SKIPPED)]
    assert counted == [str(count) for count in wanted]
