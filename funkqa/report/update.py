"""What the reports of a run say of an update that they highlight, in the same words."""

from funkqa.model.coverage import Coverage, State, Update, UpdatedFunction
from funkqa.report.plain import spelled

_MOST_STEPS = 3


def builds(update: Update) -> str:
    """``bzip2-1.0.8-5.1.x86_64 -> bzip2-1.0.9-1.1.x86_64``; of several packages the first, and how many more."""
    return " -> ".join(map(_build, (update.old, update.new)))


def _build(packages: tuple[str, ...]) -> str:
    more = f" and {len(packages) - 1} more" if len(packages) > 1 else ""
    return f"{spelled(packages[0])}{more}"


def judgement(update: Update) -> str:
    """``5 of 11 changed and new functions executed, 45.5%``."""
    ratio = update.ratio
    if not ratio.total:
        return "the update changed no function that counts"
    return f"{ratio.covered} of {ratio.total} changed and new functions executed, {ratio.percent}"


def ranked(update: Update) -> tuple[UpdatedFunction, ...]:
    """What wasn't executed comes first."""
    return tuple(sorted(update.functions, key=executed))


def executed(function: UpdatedFunction) -> bool:
    return function.covered is not None and function.covered.state is State.COVERED


def change(function: UpdatedFunction) -> str:
    return "new" if function.new else "changed"


def remark(coverage: Coverage, function: UpdatedFunction) -> str:
    """``executed by roundtrip``, ``not executed``."""
    covered = function.covered
    if covered is None:
        return "not measured"
    if covered.state is State.SKIPPED:
        return "has no probe"
    if covered.state is State.MISSING:
        return "entered by prepare or finish only" if covered.incidental else "not executed"
    steps = [spelled(coverage.steps[step].name) for step in covered.steps[:_MOST_STEPS]]
    return f"executed by {', '.join(steps)}{', ...' if len(covered.steps) > _MOST_STEPS else ''}"
