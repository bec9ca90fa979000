"""The steps of the newest baseline and of the new run, side by side."""

from collections.abc import Iterator, Sequence

from funkqa.analysis.compare_functions import ImageTogether
from funkqa.analysis.compare_sides import Run
from funkqa.model.comparison import StepChange, StepFate
from funkqa.model.measurement import StepResult
from funkqa.model.recipe import Phase

_StepName = tuple[Phase, str, int]


def step_changes(before: Run, after: Run, images: Sequence[ImageTogether]) -> tuple[StepChange, ...]:
    """In the order of the new run; those that are gone come last. ``images`` are of the newest baseline."""
    old = {key: number for number, key in enumerate(_keys(before.measurement.steps))}
    new = {key: number for number, key in enumerate(_keys(after.measurement.steps))}
    ordered = [*new, *(key for key in old if key not in new)]
    return tuple(_change(before, after, old.get(key), new.get(key), images) for key in ordered)


def fate(before: StepResult | None, after: StepResult | None) -> StepFate:
    if before is None:
        return StepFate.ADDED
    if after is None:
        return StepFate.REMOVED
    same = (before.script, before.result) == (after.script, after.result)
    return StepFate.SAME if same else StepFate.CHANGED


def _keys(steps: Sequence[StepResult]) -> Iterator[_StepName]:
    seen: dict[tuple[Phase, str], int] = {}
    for step in steps:
        nth = seen[step.phase, step.name] = seen.get((step.phase, step.name), -1) + 1
        yield (step.phase, step.name, nth)


def _change(
    before: Run, after: Run, old: int | None, new: int | None, images: Sequence[ImageTogether]
) -> StepChange:
    was = None if old is None else before.measurement.steps[old]
    is_ = None if new is None else after.measurement.steps[new]
    became = fate(was, is_)
    lost = gained = 0
    if became is StepFate.SAME and old is not None and new is not None:
        for image in images:
            entered = image.now(image.before.steps[old])
            entered_now = image.after.steps[new]
            lost += (entered & ~entered_now & image.after.measured).bit_count()
            gained += (entered_now & ~entered & image.now(image.before.measured)).bit_count()
    step = is_ or was
    assert step is not None
    return StepChange(
        name=step.name,
        phase=step.phase,
        fate=became,
        outcome_before=was.outcome if was else None,
        outcome_after=is_.outcome if is_ else None,
        functions_before=None if old is None else sum(image.steps[old].bit_count() for image in before.images),
        functions_after=None if new is None else sum(image.steps[new].bit_count() for image in after.images),
        lost=lost,
        gained=gained,
    )
