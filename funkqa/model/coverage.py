"""Coverage: what follows from a measurement."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import Enum
from fractions import Fraction
from typing import NamedTuple

from funkqa.model.measurement import Measurement, StepResult
from funkqa.model.plan import Function, Image


class State(Enum):
    """What became of a function."""

    COVERED = "covered"
    MISSING = "missing"
    SKIPPED = "skipped"
    GLUE = "glue"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True)
class Ratio:
    """Covered functions of all that count: covered / (covered + missing + skipped). Ratios add."""

    covered: int = 0
    missing: int = 0
    skipped: int = 0

    @property
    def total(self) -> int:
        return self.covered + self.missing + self.skipped

    @property
    def fraction(self) -> Fraction:
        """In 0..1; 0 where there is nothing to cover."""
        return Fraction(self.covered, self.total) if self.total else Fraction(0)

    def __add__(self, other: "Ratio") -> "Ratio":
        return Ratio(self.covered + other.covered, self.missing + other.missing, self.skipped + other.skipped)

    @property
    def percent(self) -> str:
        """One decimal place. 100.0% only if nothing is missing or skipped, 0.0% only if nothing ran."""
        if not self.total:
            return "-"
        exact = Decimal(100 * self.covered) / Decimal(self.total)
        rounded = exact.quantize(Decimal("0.1"), ROUND_HALF_EVEN)
        if self.covered == self.total:
            return "100.0%"
        if not self.covered:
            return "0.0%"
        return f"{min(max(rounded, Decimal('0.1')), Decimal('99.9'))}%"

    def __str__(self) -> str:
        return f"{self.covered}/{self.total} functions {self.percent}"


@dataclass(frozen=True, slots=True)
class FunctionCoverage:
    """A function, its state, and the indices of the execute steps that entered it.

    ``incidental``: only steps of prepare or finish entered it, so it counts as missing.
    """

    function: Function
    state: State
    steps: tuple[int, ...]
    incidental: bool


@dataclass(frozen=True, slots=True)
class ImageCoverage:
    """An image and its functions in the order of the inventory."""

    image: Image
    functions: tuple[FunctionCoverage, ...]
    ratio: Ratio
    counts: Mapping[State, int]


@dataclass(frozen=True, slots=True)
class Expectation:
    """A function that the recipe says must run; ``known`` is False if no image has it."""

    name: str
    known: bool
    covered: bool


class Verdict(Enum):
    """The run as a whole. NOTHING: nothing was measured, which is never a success."""

    PASSED = "passed"
    FAILED = "failed"
    NOTHING = "nothing-measured"


class UpdatedFunction(NamedTuple):
    """A function that an update changed, or added (``new``). ``image`` is its soname or path.

    ``covered`` is it as it was measured, at ``place`` (numbers of its image, and of the function in that); both
    are None if the run measured no function that is it.
    """

    package: str
    image: str
    name: str
    new: bool
    place: tuple[int, int] | None
    covered: FunctionCoverage | None


@dataclass(frozen=True, slots=True)
class Update:
    """What an update changed or added, as far as it counts: not what the recipe excludes.

    ``old`` and ``new`` are the builds: NEVRAs, or what the command line called them. ``ratio`` counts as skipped
    what has no probe or isn't measured. ``notes`` say what the reader should know of it.
    """

    old: tuple[str, ...]
    new: tuple[str, ...]
    functions: tuple[UpdatedFunction, ...]
    ratio: Ratio
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Everything a report shows. ``findings`` are the reasons for a verdict other than PASSED, one per line.

    ``step_counts[i]`` holds (functions entered by step i, functions that only step i entered). ``update`` is what
    the reports highlight, None if they weren't asked to.
    """

    measurement: Measurement
    images: tuple[ImageCoverage, ...]
    ratio: Ratio
    expectations: tuple[Expectation, ...]
    step_counts: tuple[tuple[int, int], ...]
    incidental: int
    findings: tuple[str, ...]
    verdict: Verdict
    update: Update | None = None

    @property
    def steps(self) -> tuple[StepResult, ...]:
        return self.measurement.steps
