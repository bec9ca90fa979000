"""A new run against earlier ones: which functions were lost, gained, added, removed, and what differs besides."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import chain
from statistics import median
from typing import NamedTuple

from funkqa.analysis.compare_causes import differences
from funkqa.analysis.compare_functions import ImageTogether, changes, gone
from funkqa.analysis.compare_pairs import ImagePair, pair_functions, pair_images
from funkqa.analysis.compare_sides import Run, label, seen, subject_of
from funkqa.analysis.compare_steps import step_changes
from funkqa.analysis.compare_verdict import allowed, judge
from funkqa.analysis.verdict import said
from funkqa.model.comparison import (
    SAME_RUN,
    Change,
    Comparison,
    Difference,
    FunctionChange,
    ImageChange,
    Limits,
    Named,
    Refused,
    StepChange,
)

NO_LIMITS = Limits()


class _Together(NamedTuple):
    """The images of a baseline and of the new run in pairs, and those that both have by their number now."""

    pairs: tuple[ImagePair, ...]
    both: Mapping[int, ImageTogether]


def compare(
    baselines: Sequence[Named], new: Named, limits: Limits = NO_LIMITS, refused: Sequence[Refused] = ()
) -> Comparison:
    """The same results always give the same comparison, whatever the order of the baselines.

    A baseline whose word isn't good (it died, something went wrong with the measuring) is left aside if there is a
    good one. If there is none, such baselines count: what they entered was entered. In both cases a note says so.
    ``refused`` are files that would have taken part.
    """
    after = seen(new)
    every = [
        seen(named) for named in sorted(baselines, key=lambda each: (-each.measurement.run.started, each.name))
    ]
    used = [run for run in every if not run.side.problems] or [run for run in every if run.side.ratio.covered]
    together = [_together(run, after) for run in used]
    images: list[ImageChange] = []
    functions: list[FunctionChange] = []
    if used:
        for pair in together[0].pairs:
            found = tuple(_changes(pair, used, together, after))
            functions += found
            images.append(_image(pair, used[0], after, found))
    steps = step_changes(used[0], after, tuple(together[0].both.values())) if used else ()
    before: Fraction | None = median(run.side.ratio.fraction for run in used) if used else None
    limit = allowed(limits, used, after)
    counts = {change: sum(image.counts[change] for image in images) for change in Change}
    judgement, findings = judge(limit, used, after, before, counts, functions, steps, refused)
    package, arch = subject_of(new.measurement)
    return Comparison(
        recipe=new.measurement.run.recipe,
        package=package,
        arch=arch,
        baselines=tuple(run.side for run in used),
        new=after.side,
        before=before,
        images=tuple(images),
        functions=tuple(functions),
        steps=steps,
        differences=_differences(used[0], after, together[0], steps) if used else (),
        tolerance=limit.tolerance,
        max_lost=limit.max_lost,
        fail_on=limit.fail_on,
        notes=tuple(chain(_notes(every, used, refused), _own_failures(after))),
        findings=findings,
        judgement=judgement,
        environment=new.measurement.run.environment,
        refused=tuple(refused),
    )


def _together(before: Run, after: Run) -> _Together:
    old, new = before.measurement.images, after.measurement.images
    pairs = pair_images(old, new)
    both = {
        pair.after: ImageTogether(
            before,
            pair.before,
            after.images[pair.after],
            len(new[pair.after].functions),
            pair_functions(old[pair.before].functions, new[pair.after].functions),
        )
        for pair in pairs
        if pair.before is not None and pair.after is not None
    }
    return _Together(pairs, both)


def _changes(
    pair: ImagePair, used: Sequence[Run], together: Sequence[_Together], after: Run
) -> Iterator[FunctionChange]:
    """Those of one image; ``pair`` is of the newest baseline."""
    if pair.after is not None:
        image = after.measurement.images[pair.after]
        known = [each.both[pair.after] for each in together if pair.after in each.both]
        yield from changes(image, after, pair.after, known, together[0].both.get(pair.after))
    elif pair.before is not None:
        yield from gone(used[0], pair.before, range(len(used[0].measurement.images[pair.before].functions)))


def _image(pair: ImagePair, before: Run, after: Run, found: Sequence[FunctionChange]) -> ImageChange:
    old = None if pair.before is None else before.measurement.images[pair.before]
    new = None if pair.after is None else after.measurement.images[pair.after]
    image = new or old
    assert image is not None
    counts = dict.fromkeys(Change, 0)
    for each in found:
        counts[each.change] += 1
    return ImageChange(
        package=image.package,
        image=label(image),
        before=None if pair.before is None else before.images[pair.before].ratio,
        after=None if pair.after is None else after.images[pair.after].ratio,
        counts=counts,
        moved_from=label(old) if old and new and label(old) != label(new) else "",
    )


def _differences(
    before: Run, after: Run, together: _Together, steps: Sequence[StepChange]
) -> tuple[Difference, ...]:
    images = [
        (
            None if pair.before is None else before.measurement.images[pair.before],
            None if pair.after is None else after.measurement.images[pair.after],
        )
        for pair in together.pairs
    ]
    return differences(before.measurement.run, after.measurement.run, images, steps)


def _notes(every: Sequence[Run], used: Sequence[Run], refused: Sequence[Refused]) -> Iterator[str]:
    """Which baselines don't count, and which count although they have problems."""
    for run in every:
        if run.side.problems:
            counts = "counts all the same, since there is no better one" if run in used else "is left aside"
            yield f"the baseline {run.side.name} {counts}: {run.side.problems[0]}"
    same = [file.name for file in refused if file.reason == SAME_RUN]
    if not every and same:
        yield f"there is no baseline: {', '.join(same)}: {SAME_RUN}"
    elif not used:
        yield "there is no baseline" if not every else "there is no baseline that measured anything"


def _own_failures(new: Run) -> Iterator[str]:
    for step in new.measurement.steps:
        if not step.outcome.good:
            yield f"in the new run {said(step)}"
