"""A comparison: what became of the functions of a package between earlier runs and a new one."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import NamedTuple

from funkqa.model.coverage import Ratio
from funkqa.model.measurement import Measurement, Outcome
from funkqa.model.recipe import Phase


class Named(NamedTuple):
    """A measurement and the result file that it was read from, as the command line names it."""

    name: str
    measurement: Measurement


class Change(Enum):
    """What became of a function. A function has one change at most, the first that applies."""

    LOST = "lost"
    """Every baseline that has it covers it; it is there now, with a probe, and no execute step enters it."""
    UNSTEADY = "unsteady"
    """Some baselines cover it and others don't; nothing enters it now. So it isn't lost."""
    UNPROBED = "unprobed"
    """Every baseline that has it covers it; now it has no probe, so that nobody knows."""
    GAINED = "gained"
    """It was there and no baseline covers it; an execute step enters it now."""
    ADDED = "added"
    """No baseline has it."""
    OUTLINED = "outlined"
    """The newest baseline has it only inlined; now it has code of its own."""
    INLINED = "inlined"
    """It had code of its own; now it exists only inlined, where nothing can be probed. So it isn't lost."""
    REMOVED = "removed"
    """The newest baseline has it; it is gone."""
    RENAMED = "renamed"
    """It has another name, and nothing else changed."""


@dataclass(frozen=True, slots=True)
class FunctionChange:
    """A function that isn't as it was.

    ``image`` is its soname or path; ``name`` is demangled, as it is now (as it was, if it is gone), and
    ``renamed_from`` what it was called before, if that differs. ``covered``: the new run covers it (the newest
    baseline, if it is gone). ``covered_in`` of the ``known_in`` baselines that have a probe on it cover it.
    ``steps`` are the names of the execute steps that entered it: those of the new run if that covers it, else
    those of the newest baseline that does.
    """

    change: Change
    package: str
    image: str
    name: str
    linkage_name: str
    file: str
    line: int
    covered: bool
    covered_in: int
    known_in: int
    steps: tuple[str, ...]
    renamed_from: str = ""


@dataclass(frozen=True, slots=True)
class ImageChange:
    """An image in the newest baseline and in the new run; a ratio is None where the image isn't there.

    ``counts`` has the functions of each change, ``moved_from`` the soname or path before, if that differs.
    """

    package: str
    image: str
    before: Ratio | None
    after: Ratio | None
    counts: Mapping[Change, int]
    moved_from: str = ""


class StepFate(Enum):
    """Whether a step of the newest baseline is still the same."""

    SAME = "same"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class StepChange:
    """A step in the newest baseline and in the new run; outcome and functions are None where it isn't there.

    ``lost`` counts functions that the step entered, that exist now and that it didn't enter again; ``gained``
    those that existed and that it only enters now. Both are 0 unless the step is the same.
    """

    name: str
    phase: Phase
    fate: StepFate
    outcome_before: Outcome | None
    outcome_after: Outcome | None
    functions_before: int | None
    functions_after: int | None
    lost: int
    gained: int

    @property
    def newly_bad(self) -> bool:
        """It is there still, was good and isn't any more."""
        before, after = self.outcome_before, self.outcome_after
        return before is not None and after is not None and before.good and not after.good


class Cause(Enum):
    """What differs between the newest baseline and the new run."""

    RECIPE = "recipe"
    PACKAGE = "package"
    ENVIRONMENT = "environment"


class Difference(NamedTuple):
    """One thing that differs: ``bzip2``, ``1.0.8-5.1``, ``1.0.8-5.2``; empty where there is none."""

    cause: Cause
    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Side:
    """A run that takes part.

    ``version`` is version and release of its package (the beginning of the build ID for a loose file), ``build``
    the build of the distribution (the snapshot of a rolling one), empty if unknown. ``problems`` say why its word
    isn't good: it is incomplete, something went wrong with the measuring, nothing was measured.
    """

    name: str
    version: str
    build: str
    started: float
    ratio: Ratio
    problems: tuple[str, ...]


class FailOn(Enum):
    """A finding that may fail a comparison."""

    LOST = "lost"
    COVERAGE = "coverage"
    NEW_UNCOVERED = "new-uncovered"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a comparison forgives.

    ``tolerance`` is the fall of the ratio that is forgiven, in 0..1 (None: what the recipe says); ``max_lost`` the
    number of lost functions (None: the tolerance's part of all). What ``fail_on`` doesn't name fails nothing.
    """

    tolerance: Fraction | None = None
    max_lost: int | None = None
    fail_on: frozenset[FailOn] = frozenset((FailOn.LOST, FailOn.COVERAGE))


class Judgement(Enum):
    """The comparison as a whole. SOFTFAIL: there are findings, all of which are forgiven."""

    PASSED = "passed"
    SOFTFAIL = "softfail"
    FAILED = "failed"


class About(Enum):
    """What a finding is about."""

    NEW_RUN = "new run"
    REFUSED = "refused"
    LOST = "lost"
    COVERAGE = "coverage"
    UNPROBED = "unprobed"
    NEW_UNCOVERED = "new-uncovered"
    STEPS = "steps"


class Finding(NamedTuple):
    """A reason for a judgement other than PASSED, in one line; ``fails``: it is not forgiven."""

    about: About
    text: str
    fails: bool


SAME_RUN = "it is the same run as the new result"
"""Why a result that was named as a baseline is none."""


class Refused(NamedTuple):
    """A file that takes no part, and why; ``new``: it would have been on the new side."""

    name: str
    reason: str
    new: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that the reports of a comparison show.

    ``baselines`` are newest first, none if there is nothing to compare with; ``before`` is the median of their
    ratios (in 0..1). ``functions``, ``images`` and ``steps`` are in the order of the new run, what is gone last.
    ``environment`` are facts of the new run's host. ``notes`` are worth knowing; of the ``findings`` those that
    fail the comparison come first.
    """

    recipe: str
    package: str
    arch: str
    baselines: tuple[Side, ...]
    new: Side
    before: Fraction | None
    images: tuple[ImageChange, ...]
    functions: tuple[FunctionChange, ...]
    steps: tuple[StepChange, ...]
    differences: tuple[Difference, ...]
    tolerance: Fraction
    max_lost: int
    fail_on: frozenset[FailOn]
    notes: tuple[str, ...]
    findings: tuple[Finding, ...]
    judgement: Judgement
    environment: Mapping[str, str]
    refused: tuple[Refused, ...] = ()

    def count(self, change: Change) -> int:
        return sum(image.counts.get(change, 0) for image in self.images)

    @property
    def causes(self) -> tuple[Cause, ...]:
        """What differs; empty if nothing does."""
        found = {difference.cause for difference in self.differences}
        return tuple(cause for cause in Cause if cause in found)

    @property
    def flaky(self) -> bool:
        """Nothing differs, and yet other functions were entered."""
        return bool(self.baselines) and not self.differences and bool(self.functions)
