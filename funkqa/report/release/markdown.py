"""A release as Markdown (GitHub's dialect) for a comment: the number first, the long lists cut."""

from collections.abc import Iterator

from funkqa.model.comparison import Judgement
from funkqa.model.release import ReleaseReport, Standing, Trend
from funkqa.report.markdown import cell, code, listed, table, whole
from funkqa.report.release import words

_MARKS = {Judgement.PASSED: "passed", Judgement.SOFTFAIL: "**softfail**", Judgement.FAILED: "**failed**"}
_MOST = {Trend.DOUBTFUL: 10, Trend.WORSE: 20, Trend.BETTER: 10}
_NAMES = 10


def render(report: ReleaseReport) -> str:
    """The comment with a newline at the end."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: ReleaseReport) -> Iterator[str]:
    arches = words.several_arches(report)
    yield f"### {whole(words.headline(report))}"
    yield from ("", _MARKS[report.judgement])
    yield from table(words.TREND_COLUMNS, [(cell(name), *rest) for name, *rest in words.trend_rows(report)], 20)
    for trend, most in _MOST.items():
        if found := report.of(trend):
            yield from ("", f"{len(found):,} {words.TITLES[trend]}")
            yield from table(words.COLUMNS, [_row(each, arches) for each in found], most)
    for trend in (Trend.GONE, Trend.NEW):
        found = report.of(trend)
        yield from _names(f"{len(found):,} {words.TITLES[trend]}:", found, arches)
    yield from _names(f"{len(report.flaky):,} {words.FLAKY}:", report.flaky, arches)
    if same := report.of(Trend.SAME):
        yield from ("", f"{len(same):,} {words.TITLES[Trend.SAME]}")
    told = [whole(line) for line in words.untold(report.packages, arches)]
    yield from listed("What the tables don't tell:", told, _NAMES)
    refused = [f"{code(file.name)}: {whole(file.reason)}" for file in report.refused]
    yield from listed("Files that take no part:", refused, _NAMES)


def _row(each: Standing, arches: bool) -> tuple[str, ...]:
    name, *numbers = words.row(each, arches)
    return (cell(name), *numbers)


def _names(title: str, found: tuple[Standing, ...], arches: bool) -> Iterator[str]:
    yield from listed(title, [code(words.package_name(each, arches)) for each in found], _NAMES)
