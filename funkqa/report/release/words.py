"""What all reports of a release say in the same words."""

from collections.abc import Iterable, Iterator

from funkqa.analysis.compare_verdict import points
from funkqa.model.comparison import Side
from funkqa.model.coverage import Ratio
from funkqa.model.release import ReleaseReport, ReleaseTotal, Standing, Trend
from funkqa.report.comparison.words import JUDGEMENTS as JUDGEMENTS
from funkqa.report.plain import one_line

TITLES = {
    Trend.DOUBTFUL: "doubtful: the new result can't be read or isn't whole",
    Trend.WORSE: "worse: functions lost, or a lower ratio",
    Trend.GONE: "gone: measured in the release before only",
    Trend.NEW: "new: measured in the new release only",
    Trend.BETTER: "better: a higher ratio, and no function lost",
    Trend.SAME: "unchanged: the same ratio, and no function lost",
}
"""In the order of the sections."""

NO_BASELINE = "there is no baseline"
"""The note of a comparison of which a new package has no need."""

FLAKY = "flaky: nothing changed, and yet other functions were entered"

_COUNTED = {
    Trend.WORSE: "worse",
    Trend.BETTER: "better",
    Trend.SAME: "unchanged",
    Trend.DOUBTFUL: "doubtful",
    Trend.NEW: "new",
    Trend.GONE: "gone",
}


def headline(report: ReleaseReport) -> str:
    """``20260501 -> 20260508: 27/64 functions 42.2% -> 25/64 39.1% (-3.1 pp) in 1 package; 1 worse, 2 new``."""
    *_, old, new = report.releases
    counts = ", ".join(f"{count:,} {what}" for _, what, count in counted(report) if count)
    name = f"{release_name(old)} -> {release_name(new)}"
    if not report.after.total:
        return f"{name}: no package has a good result in both; {counts or 'no package at all'}"
    both = sum(each.rise is not None for each in report.packages)
    return (
        f"{name}: {covered(report.before)} functions {report.before.percent} -> {ratio(report.after)} "
        f"({rise_of_total(report)}) in {both:,} {'package' if both == 1 else 'packages'}; {counts}"
    )


def counted(report: ReleaseReport) -> Iterator[tuple[Trend | None, str, int]]:
    """Packages of each trend, and flaky ones (without a trend)."""
    for trend, what in _COUNTED.items():
        yield trend, what, len(report.of(trend))
    yield None, "flaky", len(report.flaky)


def release_name(release: ReleaseTotal) -> str:
    """The build of the distribution if its results agree on one, else the folder."""
    return one_line(release.build) or one_line(release.name.rstrip("/").rpartition("/")[2] or release.name)


def rise_of_total(report: ReleaseReport) -> str:
    return points(report.after.fraction - report.before.fraction)


def rise(each: Standing) -> str:
    """``-3.1 pp``; empty where there is nothing to compare with."""
    return "" if each.rise is None else points(each.rise)


def package_name(each: Standing, several_arches: bool) -> str:
    """``bzip2``, with recipe and architecture as far as they tell packages apart."""
    name = one_line(each.package or each.recipe)
    extra = [one_line(each.recipe)] if each.recipe != each.package and each.package else []
    if several_arches:
        extra.append(one_line(each.arch))
    return f"{name} ({', '.join(extra)})" if extra else name


def several_arches(report: ReleaseReport) -> bool:
    return len({each.arch for each in report.packages}) > 1


def versions(each: Standing) -> str:
    """``1.0.8-5.1 -> 1.0.8-5.2``, or the one that there is."""
    sides = [one_line(side.version) for side in (each.before, each.after) if side]
    return " -> ".join(dict.fromkeys(filter(None, sides)))


def covered(of: Ratio) -> str:
    """``2,538/3,128``."""
    return f"{of.covered:,}/{of.total:,}"


def ratio(of: Ratio) -> str:
    """``2,538/3,128 81.1%``: no percentage without what it is of."""
    return f"{covered(of)} {of.percent}"


def ratio_of(side: Side | None) -> str:
    return ratio(side.ratio) if side else "none"


def now(each: Standing) -> str:
    """What is covered; of a package without a new result what was."""
    if each.after is None and each.before is not None:
        return f"none, before {ratio(each.before.ratio)}"
    return ratio_of(each.after)


def changes(each: Standing) -> str:
    """``2 lost, 1 new``."""
    counts = {"lost": each.lost, "gained": each.gained, "new": each.added, "removed": each.removed}
    return ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)


def remark(each: Standing) -> str:
    """The first finding; empty if there is none, or if the trend says it already."""
    said = each.findings[0] if each.findings and each.trend is not Trend.GONE else ""
    return "" if said == NO_BASELINE else one_line(said)


def untold(found: Iterable[Standing], arches: bool) -> Iterator[str]:
    """``bzip2: 1 step no longer passes: roundtrip``: what the tables don't say of these packages."""
    for each in found:
        for finding in each.untold:
            yield f"{package_name(each, arches)}: {one_line(finding)}"


COLUMNS = ("package", "before", "now", "change", "lost", "gained", "new")
"""As many as fit a line of 80 columns with a name of usual length."""


def row(each: Standing, arches: bool) -> tuple[str, ...]:
    return (
        package_name(each, arches),
        ratio_of(each.before),
        ratio_of(each.after),
        rise(each),
        *(f"{count:,}" for count in (each.lost, each.gained, each.added)),
    )


def trend_rows(report: ReleaseReport) -> Iterator[tuple[str, str, str, str]]:
    """Release, packages, functions (covered and all), percent; the oldest first."""
    for release in report.releases:
        yield release_name(release), f"{release.packages:,}", covered(release.ratio), release.ratio.percent


TREND_COLUMNS = ("release", "packages", "functions", "percent")
