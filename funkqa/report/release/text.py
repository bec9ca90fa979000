"""A release as text for a terminal or a log. The first line says it all."""

from collections.abc import Iterator

from funkqa.model.release import ReleaseReport, Trend
from funkqa.report.comparison.text import table
from funkqa.report.plain import one_line
from funkqa.report.release import words

_LISTED = {Trend.DOUBTFUL: 50, Trend.WORSE: 50, Trend.GONE: 20, Trend.NEW: 20, Trend.BETTER: 20}
_FLAKY = 20
_SAME = 20
_REFUSED = 20
_NUMBERS = range(1, len(words.COLUMNS))


def render(report: ReleaseReport) -> str:
    """The report, with a newline at the end; without colour or control characters but newlines."""
    return "\n".join(line.rstrip() for line in _lines(report)) + "\n"


def _lines(report: ReleaseReport) -> Iterator[str]:
    arches = words.several_arches(report)
    yield words.headline(report)
    yield words.JUDGEMENTS[report.judgement]
    yield from ("", "releases, each with all its packages")
    yield from table([words.TREND_COLUMNS, *words.trend_rows(report)], right=(1, 2, 3))
    for trend, most in _LISTED.items():
        if found := report.of(trend):
            yield from ("", f"{len(found):,} {words.TITLES[trend]}")
            yield from table([words.COLUMNS, *(words.row(each, arches) for each in found[:most])], right=_NUMBERS)
            yield from _more(len(found), most)
        if trend is Trend.DOUBTFUL:
            for each in found[:most]:
                yield f"  {words.package_name(each, arches)}: {words.remark(each)}"
        else:
            yield from (f"  {line}" for line in words.untold(found[:most], arches))
    if found := report.flaky:
        yield from ("", f"{len(found):,} {words.FLAKY}")
        names = [(words.package_name(each, arches), words.changes(each)) for each in found[:_FLAKY]]
        yield from table(names)
        yield from _more(len(found), _FLAKY)
    if same := report.of(Trend.SAME):
        yield from ("", f"{len(same):,} {words.TITLES[Trend.SAME]}")
        told = tuple(words.untold(same, arches))
        yield from (f"  {line}" for line in told[:_SAME])
        yield from _more(len(told), _SAME)
    if report.refused:
        yield from ("", "files that take no part")
        yield from (f"  {one_line(file.name)}: {one_line(file.reason)}" for file in report.refused[:_REFUSED])
        yield from _more(len(report.refused), _REFUSED)


def _more(count: int, most: int) -> Iterator[str]:
    if count > most:
        yield f"  and {count - most:,} more, which the HTML and JSON reports list"
