"""The measurement: what did run. Everything a report needs, as it stands in the result file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from funkqa.model.plan import Image, Unmeasured
from funkqa.model.recipe import Measure, Phase, Respect
from funkqa.model.units import Bitmap


class Outcome(Enum):
    """How a step ended, as seen against what the recipe expects of it."""

    PASSED = "passed"
    FAILED = "failed"
    TIMEOUT = "timeout"
    SKIPPED = "skipped"
    """It never ran, because a step of ``prepare`` failed."""
    XFAIL = "xfail"
    """It failed, as ``result: xfail`` says it does."""
    XPASS = "xpass"
    """It passed although ``result: xfail`` says it fails."""
    INFO = "info"
    """It failed, and ``result: info`` says that this doesn't matter."""

    @property
    def good(self) -> bool:
        return self in (Outcome.PASSED, Outcome.XFAIL, Outcome.INFO)


@dataclass(frozen=True, slots=True)
class StepResult:
    """One step that ran (or was skipped).

    ``exit_code`` is None if a signal ended it or it never ran; ``signal`` then holds the signal's number.
    ``output`` is stdout and stderr in one, cut in the middle if longer than the kept size; ``output_bytes`` is
    the full length in bytes. ``started`` is seconds since the epoch.
    """

    name: str
    phase: Phase
    script: str
    result: Respect
    outcome: Outcome
    reason: str
    exit_code: int | None
    signal: int | None
    started: float
    duration_s: float
    output: bytes
    output_bytes: int


@dataclass(frozen=True, slots=True)
class MeasuredPackage:
    """A package as it was installed while it was measured."""

    nevra: str
    name: str
    source_rpm: str
    measured: bool


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What a run is about, known before its first step.

    ``environment`` holds facts of the host (``kernel``, ``arch``, ``distri``, ``version``, ``root``, ``scope``).
    """

    recipe: str
    recipe_text: str
    summary: str
    measure: Measure
    packages: tuple[MeasuredPackage, ...]
    environment: Mapping[str, str]
    funkqa_version: str
    started: float


@dataclass(frozen=True, slots=True)
class Measurement:
    """A whole run. ``hits[(image index, step index)]`` is the bitmap of functions the step entered.

    ``faults`` are things that went wrong with the measuring itself; with any of them the run fails.
    ``complete`` is False if the run died before its last step was over. ``statistics`` says what the tracing
    cost; names end in their unit (``_s``: seconds), others are counts (``funkqa/trace/session.py``).
    """

    run: RunRecord
    images: tuple[Image, ...]
    unmeasured: tuple[Unmeasured, ...]
    steps: tuple[StepResult, ...]
    hits: Mapping[tuple[int, int], Bitmap]
    faults: tuple[str, ...]
    complete: bool
    statistics: Mapping[str, float] = field(default_factory=dict)
