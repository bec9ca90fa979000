"""A release as JUnit XML by the rules of ``funkqa/report/junit.py``: one suite, ``funkqa_release``."""

from collections.abc import Mapping

from funkqa.model.release import ReleaseReport
from funkqa.report import junit
from funkqa.report.junit import Dialect
from funkqa.report.plain import one_line
from funkqa.report.release.cases import cases

SUITE = junit.suite_name("release")


def render(report: ReleaseReport, *, dialect: Dialect = "openqa") -> str:
    """One suite, with a newline at the end; to be written as UTF-8. In the standard dialect a softfail passes."""
    return junit.written(SUITE, cases(report), _properties(report), dialect)


def _properties(report: ReleaseReport) -> Mapping[str, str]:
    """Of the whole release; empty where its packages don't agree."""
    arches = {each.arch for each in report.packages}
    values = {
        "package": "",
        "version": "",
        "distri": "",
        "release": "",
        "build": report.releases[-1].build,
        "arch": arches.pop() if len(arches) == 1 else "",
    }
    return {key: one_line(value) for key, value in values.items()}
