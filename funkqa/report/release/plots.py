"""Small plots of a release as numbers that a page draws: SVG user units, y grows downwards."""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from funkqa.model.coverage import Ratio
from funkqa.model.release import ReleaseReport, Standing, Trend
from funkqa.report.release import words

WIDTH, HEIGHT = 320, 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 24, 22, 20
_PLOT_WIDTH, _PLOT_HEIGHT = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
BASELINE = _TOP + _PLOT_HEIGHT

SPARK_WIDTH, SPARK_HEIGHT = 60, 18
_LEAST_SPAN = 0.05
"""A change of less than five percentage points doesn't fill a plot."""

_BINS = 10
_MOST_LABELS = 6


class Point(NamedTuple):
    """A release in the plot of the totals; ``label`` only where there is room for one."""

    x: float
    y: float
    percent: str
    covered: str
    name: str
    label: bool


class Bin(NamedTuple):
    """Packages whose ratio lies in one tenth, before and now, and the heights of both."""

    x: float
    label: str
    before: int
    after: int
    before_height: float
    after_height: float


class Bar(NamedTuple):
    """The change of one package, up or down from the middle."""

    x: float
    y: float
    width: float
    height: float
    better: bool
    title: str


def totals(report: ReleaseReport) -> tuple[Point, ...]:
    """The ratio of each release that has results."""
    known = [each for each in report.releases if each.ratio.total]
    heights = _scaled([each.ratio.fraction for each in known], _PLOT_HEIGHT)
    step = _PLOT_WIDTH / max(1, len(known) - 1)
    every = -(-len(known) // _MOST_LABELS)
    return tuple(
        Point(
            _LEFT + number * step,
            BASELINE - height,
            each.ratio.percent,
            words.covered(each.ratio),
            words.release_name(each),
            (len(known) - 1 - number) % every == 0,
        )
        for number, (each, height) in enumerate(zip(known, heights, strict=True))
    )


def distribution(report: ReleaseReport) -> tuple[tuple[Bin, ...], int]:
    """How many packages are covered to what part: ten bins (100 % is in the last), and the most in one."""
    before = _bins([each.before.ratio for each in report.packages if each.before])
    after = _bins([each.after.ratio for each in report.packages if each.after])
    most = max(*before, *after, 1)
    bins = tuple(
        Bin(
            _LEFT + number * _PLOT_WIDTH / _BINS,
            f"{100 * number // _BINS} to {100 * (number + 1) // _BINS} %",
            old,
            new,
            _PLOT_HEIGHT * old / most,
            _PLOT_HEIGHT * new / most,
        )
        for number, (old, new) in enumerate(zip(before, after, strict=True))
    )
    return bins, most


def changes(report: ReleaseReport) -> tuple[tuple[Bar, ...], str]:
    """Every package whose ratio changed, the deepest fall first; and the percentage points of the full height."""
    arches = words.several_arches(report)
    moved = [each for each in report.of(Trend.WORSE, Trend.BETTER) if each.rise]
    moved.sort(key=lambda each: (each.rise or 0, each.package))
    most = max((abs(each.rise or Fraction(0)) for each in moved), default=Fraction(1))
    width = _PLOT_WIDTH / max(len(moved), 20)
    return tuple(
        _bar(each, _LEFT + number * width, width, most, arches) for number, each in enumerate(moved)
    ), f"{float(100 * most):.1f}"


def spark(history: Sequence[Ratio | None]) -> str:
    """Points of a line through the ratios of one package; empty without two of them."""
    known = [(number, each.fraction) for number, each in enumerate(history) if each is not None]
    if len(known) < 2:
        return ""
    step = (SPARK_WIDTH - 4) / (len(history) - 1)
    heights = _scaled([fraction for _, fraction in known], SPARK_HEIGHT - 4)
    return " ".join(
        f"{2 + number * step:.1f},{SPARK_HEIGHT - 2 - height:.1f}"
        for (number, _), height in zip(known, heights, strict=True)
    )


def _bar(each: Standing, x: float, width: float, most: Fraction, arches: bool) -> Bar:
    rise = each.rise or Fraction(0)
    height = max(0.5, float(abs(rise) / most) * _PLOT_HEIGHT / 2)
    middle = _TOP + _PLOT_HEIGHT / 2
    now = words.ratio_of(each.after)
    title = f"{words.package_name(each, arches)}: {words.ratio_of(each.before)} -> {now} ({words.rise(each)})"
    return Bar(
        x, middle - height if rise > 0 else middle, width if width < 2 else width * 0.8, height, rise > 0, title
    )


def _bins(ratios: Sequence[Ratio]) -> list[int]:
    counts = [0] * _BINS
    for ratio in ratios:
        counts[min(_BINS - 1, int(_BINS * ratio.fraction))] += 1
    return counts


def _scaled(fractions: Sequence[Fraction], height: float) -> list[float]:
    """Heights in 0..``height``; equal ones stand in the middle."""
    if not fractions:
        return []
    low, high = float(min(fractions)), float(max(fractions))
    span = max(high - low, _LEAST_SPAN)
    floor = (low + high - span) / 2
    return [height * (float(each) - floor) / span for each in fractions]
