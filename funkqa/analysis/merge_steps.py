"""The same step of several runs as one."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from funkqa.model.measurement import Outcome, StepResult
from funkqa.model.recipe import Phase

_PHASES = tuple(Phase)
# A run in which the step never came to its end says more than one in which it did.
_OUTCOMES = (
    Outcome.PASSED,
    Outcome.INFO,
    Outcome.XFAIL,
    Outcome.SKIPPED,
    Outcome.XPASS,
    Outcome.TIMEOUT,
    Outcome.FAILED,
)


class StepKey(NamedTuple):
    """What makes steps of several runs the same one; ``nth`` tells apart equal steps of one run."""

    phase: int
    name: str
    script: str
    result: str
    nth: int


def step_keys(steps: Sequence[StepResult]) -> tuple[StepKey, ...]:
    """One for each step, in order. Equal steps are numbered by their start, which merging keeps in this order."""
    keys = [StepKey(_PHASES.index(each.phase), each.name, each.script, each.result.value, 0) for each in steps]
    seen: Counter[StepKey] = Counter()
    numbered = keys.copy()
    for number in sorted(range(len(steps)), key=lambda number: steps[number].started):
        numbered[number] = keys[number]._replace(nth=seen[keys[number]])
        seen[keys[number]] += 1
    return tuple(numbered)


def joined(one: StepResult, other: StepResult) -> StepResult:
    """The worse of the two with its output; it began when the first did and took as long as the longer."""
    worse = max(one, other, key=_badness)
    return replace(
        worse, started=min(one.started, other.started), duration_s=max(one.duration_s, other.duration_s)
    )


def position(key: StepKey, step: StepResult) -> tuple[object, ...]:
    """Where the step stands among others: runs of one recipe begin its steps in the same order."""
    return (key.phase, step.started, key)


def _badness(step: StepResult) -> tuple[object, ...]:
    exit_code = -1 if step.exit_code is None else step.exit_code
    signal = step.signal or 0
    return (_OUTCOMES.index(step.outcome), exit_code, signal, step.reason, step.output, step.output_bytes)
