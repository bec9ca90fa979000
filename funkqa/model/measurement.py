"""The measurement: what did run. Everything a report needs, as it stands in the result file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

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


class Execution(NamedTuple):
    """A program that a task in scope started.

    ``step`` is the index of the step during which it began, None between steps. ``path`` is the program as the
    package names it, ``arguments`` begin with argv[0] and are empty if they weren't wanted. ``started`` is
    seconds since the epoch. ``package`` is the name of the package that owns the program, empty if none does;
    ``measured``: it is an image of the plan.
    """

    step: int | None
    pid: int
    parent: int
    user: int
    started: float
    path: str
    arguments: tuple[str, ...]
    package: str
    measured: bool


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


class ShardState(Enum):
    """What became of a run that a merged result is made of, worst first. All but the last two have no hits."""

    MISSING = "missing"
    """There is no file of it."""
    UNREADABLE = "unreadable"
    """Its file can't be read."""
    CRASHED = "crashed"
    """Whoever started it says that it crashed."""
    TIMED_OUT = "timed-out"
    """Whoever started it says that its time was up."""
    INCOMPLETE = "incomplete"
    """It died before its last step was over; what it had entered until then counts."""
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class Shard:
    """A run that a merged result is made of, or one that should have been.

    ``name`` is its result file as it was named when it was merged. ``digest`` identifies what it measured; it is
    empty if there is no measurement, and then ``reason`` says why. ``covered`` counts the functions that its
    execute steps entered; ``statistics`` and ``faults`` are its own.
    """

    name: str
    digest: str
    state: ShardState
    reason: str = ""
    started: float = 0.0
    covered: int = 0
    funkqa_version: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    statistics: Mapping[str, float] = field(default_factory=dict)
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Measurement:
    """A whole run. ``hits[(image index, step index)]`` is the bitmap of functions the step entered.

    ``faults`` are things that went wrong with the measuring itself; with any of them the run fails.
    ``complete`` is False if the run died before its last step was over. ``statistics`` says what the tracing
    cost; names end in their unit (``_s``: seconds), others are counts (``funkqa/trace/session.py``).
    ``sources[(source RPM, file)]`` is the text of a source file, ``file`` as in ``Function.file``, as far as
    -debugsource was installed and there was room. ``executions`` are the programs started in scope.
    ``shards`` are the runs that were merged, none if this is one run; ``complete`` then says that all of them are.
    """

    run: RunRecord
    images: tuple[Image, ...]
    unmeasured: tuple[Unmeasured, ...]
    steps: tuple[StepResult, ...]
    hits: Mapping[tuple[int, int], Bitmap]
    faults: tuple[str, ...]
    complete: bool
    statistics: Mapping[str, float] = field(default_factory=dict)
    sources: Mapping[tuple[str, str], str] = field(default_factory=dict)
    executions: tuple[Execution, ...] = ()
    shards: tuple[Shard, ...] = ()
