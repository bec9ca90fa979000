"""How a release stands: comparisons of its packages become one value, worst first, and totals."""

from collections.abc import Iterable, Sequence
from fractions import Fraction

from funkqa.analysis.compare_sides import seen
from funkqa.model.comparison import About, Change, Comparison, Judgement, Named, Refused, Side
from funkqa.model.coverage import Ratio
from funkqa.model.release import ReleaseReport, ReleaseTotal, Standing, Trend

History = tuple[Ratio | None, ...]

_MOST_NAMES = 10
_MOST_FINDINGS = 5
_TOLD = (About.LOST, About.COVERAGE)
_ORDER = {trend: number for number, trend in enumerate(Trend)}


def compared(comparison: Comparison, history: History) -> Standing:
    """A package that the new release has a result of. ``history`` is of all releases, the oldest first."""
    before = comparison.baselines[0] if comparison.baselines else None
    after = comparison.new
    rise = None
    if comparison.before is not None and not after.problems:
        rise = after.ratio.fraction - comparison.before
    said = [*(finding.text for finding in comparison.findings), *comparison.notes]
    lost = [each for each in comparison.functions if each.change is Change.LOST]
    return Standing(
        recipe=comparison.recipe,
        package=comparison.package,
        arch=comparison.arch,
        trend=_trend(after, rise, len(lost)),
        judgement=comparison.judgement,
        before=before,
        after=after,
        rise=rise,
        lost=len(lost),
        gained=comparison.count(Change.GAINED),
        added=comparison.count(Change.ADDED),
        removed=comparison.count(Change.REMOVED),
        flaky=comparison.flaky,
        causes=comparison.causes,
        findings=tuple(said[:_MOST_FINDINGS]),
        lost_names=tuple(f"{each.image}: {each.name}" for each in lost[:_MOST_NAMES]),
        history=history,
        untold=tuple(finding.text for finding in comparison.findings if finding.about not in _TOLD),
    )


def alone(
    recipe: str, package: str, arch: str, before: Side | None, unreadable: str, history: History
) -> Standing:
    """A package without a new result, or with one that is ``unreadable`` (why)."""
    return Standing(
        recipe=recipe,
        package=package,
        arch=arch,
        trend=Trend.DOUBTFUL if unreadable else Trend.GONE,
        judgement=Judgement.FAILED if unreadable else Judgement.SOFTFAIL,
        before=before,
        after=None,
        rise=None,
        lost=0,
        gained=0,
        added=0,
        removed=0,
        flaky=False,
        causes=(),
        findings=(f"the new result can't be read: {unreadable}" if unreadable else "there is no new result",),
        lost_names=(),
        history=history,
    )


def side_of(named: Named) -> Side:
    return seen(named).side


def trusted(side: Side | None) -> Ratio | None:
    """The ratio of a run whose word is good."""
    return None if side is None or side.problems else side.ratio


def release_report(
    names: Sequence[str],
    builds: Sequence[Iterable[str]],
    found: Iterable[Standing],
    refused: Sequence[Refused],
    earlier: Sequence[History] = (),
) -> ReleaseReport:
    """``names`` of the releases and the builds that their results name, the oldest first.

    ``earlier`` are packages that only older releases have.
    """
    packages = tuple(sorted(found, key=_worst))
    both = [each for each in packages if each.rise is not None]
    histories = [*(each.history for each in packages), *earlier]
    judgements = {each.judgement for each in packages}
    failed = Judgement.FAILED in judgements or any(file.new for file in refused)
    softfail = Judgement.SOFTFAIL in judgements
    return ReleaseReport(
        releases=tuple(
            _total(name, frozenset(of), [history[number] for history in histories])
            for number, (name, of) in enumerate(zip(names, builds, strict=True))
        ),
        packages=packages,
        before=_sum(each.before.ratio for each in both if each.before),
        after=_sum(each.after.ratio for each in both if each.after),
        refused=tuple(refused),
        judgement=Judgement.FAILED if failed else Judgement.SOFTFAIL if softfail else Judgement.PASSED,
    )


def _trend(after: Side, rise: Fraction | None, lost: int) -> Trend:
    if after.problems:
        return Trend.DOUBTFUL
    if rise is None:
        return Trend.NEW
    if lost or rise < 0:
        return Trend.WORSE
    return Trend.BETTER if rise else Trend.SAME


def _worst(each: Standing) -> tuple[object, ...]:
    """Failed ones first; then by trend, those with most lost functions and the deepest fall first."""
    rise = each.rise or Fraction(0)
    size = -each.gained if each.trend is Trend.BETTER else -each.lost
    fall = -rise if each.trend is Trend.BETTER else rise
    failed = each.judgement is Judgement.FAILED
    return (not failed, _ORDER[each.trend], size, fall, each.package, each.recipe, each.arch)


def _total(name: str, builds: frozenset[str], found: Iterable[Ratio | None]) -> ReleaseTotal:
    ratios = [ratio for ratio in found if ratio is not None]
    (build,) = builds if len(builds) == 1 else ("",)
    return ReleaseTotal(name, build, len(ratios), _sum(ratios))


def _sum(ratios: Iterable[Ratio]) -> Ratio:
    return sum(ratios, Ratio())
