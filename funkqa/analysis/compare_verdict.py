"""The judgement on a comparison, and the reasons for it."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from funkqa.analysis.compare_sides import Run
from funkqa.analysis.verdict import in_one_line
from funkqa.model.comparison import (
    About,
    Change,
    FailOn,
    Finding,
    FunctionChange,
    Judgement,
    Limits,
    Refused,
    StepChange,
)

_NAMED_STEPS = 5


class Allowed(NamedTuple):
    """The limits with all defaults filled in; ``tolerance`` is in 0..1."""

    tolerance: Fraction
    max_lost: int
    fail_on: frozenset[FailOn]


def allowed(limits: Limits, baselines: Sequence[Run], new: Run) -> Allowed:
    """The recipe's tolerance unless another is given, and that part of the baseline's functions may be lost."""
    tolerance = limits.tolerance
    if tolerance is None:
        tolerance = new.measurement.run.measure.tolerance
    total = baselines[0].side.ratio.total if baselines else 0
    max_lost = int(tolerance * total) if limits.max_lost is None else limits.max_lost
    return Allowed(tolerance, max_lost, limits.fail_on)


def judge(
    limits: Allowed,
    baselines: Sequence[Run],
    new: Run,
    before: Fraction | None,
    counts: Mapping[Change, int],
    functions: Sequence[FunctionChange],
    steps: Sequence[StepChange],
    refused: Sequence[Refused],
) -> tuple[Judgement, tuple[Finding, ...]]:
    """The judgement and its reasons, those that fail the comparison first."""
    side = new.side
    found = [Finding(About.NEW_RUN, f"the new run {side.name}: {problem}", True) for problem in side.problems]
    for file in refused:
        if file.new:
            found.append(Finding(About.REFUSED, f"{file.name} can't be compared: {file.reason}", False))
    if before is not None:
        found += _findings(limits, baselines, side.ratio.fraction - before, counts, functions)
    if bad := [step.name for step in steps if step.newly_bad]:
        no_longer = "1 step no longer passes" if len(bad) == 1 else f"{len(bad)} steps no longer pass"
        which = f"{no_longer}: {', '.join(bad[:_NAMED_STEPS])}"
        more = f" and {len(bad) - _NAMED_STEPS} more" if len(bad) > _NAMED_STEPS else ""
        found.append(Finding(About.STEPS, which + more, False))
    found.sort(key=lambda finding: not finding.fails)
    findings = tuple(finding._replace(text=in_one_line(finding.text)) for finding in found)
    if any(finding.fails for finding in findings):
        return Judgement.FAILED, findings
    return (Judgement.SOFTFAIL if findings else Judgement.PASSED), findings


def _findings(
    limits: Allowed,
    baselines: Sequence[Run],
    rise: Fraction,
    counts: Mapping[Change, int],
    functions: Sequence[FunctionChange],
) -> Iterator[Finding]:
    total = baselines[0].side.ratio.total
    if lost := counts[Change.LOST]:
        most = f"{'more than' if lost > limits.max_lost else 'within'} the {limits.max_lost} that may be"
        if not limits.max_lost:
            most = "and none may be"
        fails = lost > limits.max_lost and FailOn.LOST in limits.fail_on
        yield Finding(About.LOST, f"{lost} of {total} functions {_are(lost)} lost, {most}", fails)
    if rise < 0:
        too_far = -rise > limits.tolerance
        most = f"{'more than' if too_far else 'within'} the tolerance of {points(limits.tolerance, sign=False)}"
        fails = too_far and FailOn.COVERAGE in limits.fail_on
        yield Finding(About.COVERAGE, f"the ratio fell by {points(-rise, sign=False)}, {most}", fails)
    if unprobed := counts[Change.UNPROBED]:
        were = "was covered and has" if unprobed == 1 else "were covered and have"
        what = f"{unprobed} of {total} functions {were} no probe now, so that nobody knows"
        yield Finding(About.UNPROBED, what, False)
    uncovered = sum(each.change is Change.ADDED and not each.covered for each in functions)
    if uncovered and FailOn.NEW_UNCOVERED in limits.fail_on:
        what = f"{uncovered} of {counts[Change.ADDED]} new functions {_are(uncovered)} not covered"
        yield Finding(About.NEW_UNCOVERED, what, True)


def points(part: Fraction, *, sign: bool = True) -> str:
    """``-3.1 pp`` of a difference of ratios; what isn't 0 never reads as 0."""
    exact = float(100 * part)
    text = f"{exact:+.1f}" if sign else f"{exact:.1f}"
    if part and not text.strip("+-0."):
        text = f"{exact:+.1g}" if sign else f"{exact:.1g}"
    return f"{text} pp"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
