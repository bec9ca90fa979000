"""A release: how all packages stand, compared with the release before."""

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from funkqa.model.comparison import Cause, Judgement, Refused, Side
from funkqa.model.coverage import Ratio


class Trend(Enum):
    """Where a package went from one release to the next."""

    DOUBTFUL = "doubtful"
    """The new result can't be read or isn't whole, so that nobody knows."""
    WORSE = "worse"
    """Functions were lost, or the ratio fell."""
    GONE = "gone"
    """Only the release before has a result."""
    SAME = "same"
    NEW = "new"
    """Only the new release has a result."""
    BETTER = "better"
    """The ratio rose, and no function was lost."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A package (as one recipe measures it) in two releases, and its ratio in all of them.

    ``before`` and ``after`` are the newest results of the two releases, None where there is none. ``rise`` is the
    difference of their ratios, in -1..1, None unless both are good. The counts are of functions. ``findings`` are
    reasons for the judgement and notes, ``lost_names`` the first lost functions as ``image: function``.
    ``history`` has a ratio for each release, the oldest first; None where there is no result whose word is good.
    ``untold`` are the findings that neither counts nor ratios tell: steps that no longer pass, say.
    """

    recipe: str
    package: str
    arch: str
    trend: Trend
    judgement: Judgement
    before: Side | None
    after: Side | None
    rise: Fraction | None
    lost: int
    gained: int
    added: int
    removed: int
    flaky: bool
    causes: tuple[Cause, ...]
    findings: tuple[str, ...]
    lost_names: tuple[str, ...]
    history: tuple[Ratio | None, ...]
    untold: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReleaseTotal:
    """A release as the command line names it, and what its results whose word is good come to.

    ``build`` is the build of the distribution, empty if its results don't agree on one.
    """

    name: str
    build: str
    packages: int
    ratio: Ratio


@dataclass(frozen=True, slots=True)
class ReleaseReport:
    """``releases`` are oldest first; the last two are compared. ``packages`` are worst first.

    ``before`` and ``after`` are the sums over those packages that have a good result in both: percentages of
    different sets of packages can't be compared.
    """

    releases: tuple[ReleaseTotal, ...]
    packages: tuple[Standing, ...]
    before: Ratio
    after: Ratio
    refused: tuple[Refused, ...]
    judgement: Judgement

    def of(self, *trends: Trend) -> tuple[Standing, ...]:
        return tuple(each for each in self.packages if each.trend in trends)

    @property
    def flaky(self) -> tuple[Standing, ...]:
        return tuple(each for each in self.packages if each.flaky)
