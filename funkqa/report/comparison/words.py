"""What all reports of a comparison say in the same words."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import groupby

from funkqa.analysis.compare_verdict import points
from funkqa.model.comparison import (
    Cause,
    Change,
    Comparison,
    Difference,
    FunctionChange,
    ImageChange,
    Judgement,
    Side,
    StepChange,
)
from funkqa.model.coverage import Ratio
from funkqa.report.plain import one_line, spelled

JUDGEMENTS = {Judgement.PASSED: "PASSED", Judgement.SOFTFAIL: "SOFTFAIL", Judgement.FAILED: "FAILED"}

TITLES = {
    Change.LOST: "lost: covered before, there now, not covered",
    Change.UNPROBED: "covered before, without a probe now",
    Change.UNSTEADY: "unsteady: covered in some baselines only, not covered now",
    Change.GAINED: "gained: there before and not covered, covered now",
    Change.ADDED: "new",
    Change.OUTLINED: "only inlined before, with code of their own now",
    Change.INLINED: "only inlined now, which is not lost",
    Change.REMOVED: "removed",
    Change.RENAMED: "renamed",
}
"""In the order of importance."""


def headline(comparison: Comparison) -> str:
    """``bzip2 1.0.8-5.1 -> 1.0.8-5.2, build 20260501 -> 20260508: 42.2% -> 39.1% (-3.1 pp, 2 of 64 functions lost,
    1 new)`` in one line."""
    new, name = comparison.new, _name(comparison)
    if comparison.before is None:
        build = f", build {one_line(new.build)}" if new.build else ""
        return f"{name} {one_line(new.version)}{build}: {new.ratio.percent}, no baseline"
    old = comparison.baselines[0]
    builds = (
        f", build {one_line(old.build) or '?'} -> {one_line(new.build) or '?'}" if old.build or new.build else ""
    )
    lost, added = comparison.count(Change.LOST), comparison.count(Change.ADDED)
    return (
        f"{name} {one_line(old.version)} -> {one_line(new.version)}{builds}: "
        f"{percent(comparison.before)} -> {new.ratio.percent} "
        f"({rise(comparison)}, {lost} of {old.ratio.total} functions lost, {added} new)"
    )


def _name(comparison: Comparison) -> str:
    """The package, and the recipe if that is called otherwise; of a loose file its path."""
    package, recipe = spelled(comparison.package), spelled(comparison.recipe)
    if not package or package == recipe:
        return recipe
    return package if package.startswith("/") else f"{package} (recipe {recipe})"


def percent(part: Fraction) -> str:
    """As a ratio says it: 100.0% only if nothing is missing, 0.0% only if nothing ran."""
    return Ratio(part.numerator, part.denominator - part.numerator).percent


def rise(comparison: Comparison) -> str:
    """``-3.1 pp``; empty without a baseline."""
    return "" if comparison.before is None else points(comparison.new.ratio.fraction - comparison.before)


def fraction(ratio: Ratio | None) -> str:
    """``27/64 42.2%``, of an image that isn't there ``none``."""
    return f"{ratio.covered}/{ratio.total} {ratio.percent}" if ratio else "none"


def baseline(side: Side) -> str:
    """``results/bzip2.funkqa (27/64 functions 42.2%)``."""
    return f"{spelled(side.name)} ({side.ratio})"


def compared_with(comparison: Comparison) -> str:
    names = ", ".join(map(baseline, comparison.baselines))
    if not comparison.baselines:
        return "compared with nothing: there is no baseline"
    if len(comparison.baselines) == 1:
        return f"compared with {names}"
    return f"compared with the median of {len(comparison.baselines)} runs, the newest first: {names}"


def explanation(comparison: Comparison) -> str:
    """``the recipe and the package changed``, or that nothing did, so that another result is a flake."""
    causes = [f"the {cause.value}" for cause in comparison.causes]
    if causes:
        *first, last = causes
        return f"{', '.join(first)} and {last} changed" if first else f"{last} changed"
    if not comparison.baselines:
        return "there is nothing to compare with"
    return "nothing changed, so the result is flaky" if comparison.flaky else "nothing changed"


def differences(comparison: Comparison) -> Iterator[tuple[Cause, str]]:
    """``(Cause.PACKAGE, "bzip2: 1.0.8-5.1 -> 1.0.8-5.2")``."""
    for difference in comparison.differences:
        yield difference.cause, difference_text(difference)


def difference_text(difference: Difference) -> str:
    before, after = (one_line(value) or "none" for value in (difference.before, difference.after))
    return f"{one_line(difference.what)}: {before} -> {after}"


def changed(comparison: Comparison) -> Iterator[tuple[Change, tuple[FunctionChange, ...]]]:
    """The changed functions by change, the most important change first; changes that nothing has are left out."""
    for change in TITLES:
        if found := tuple(each for each in comparison.functions if each.change is change):
            yield change, found


def by_image(functions: tuple[FunctionChange, ...]) -> Iterator[tuple[str, tuple[FunctionChange, ...]]]:
    for image, found in groupby(functions, key=lambda each: each.image):
        yield spelled(image), tuple(found)


def function_name(function: FunctionChange) -> str:
    before = f" (before: {spelled(function.renamed_from)})" if function.renamed_from else ""
    return f"{spelled(function.name)}{before}"


def remark(function: FunctionChange, baselines: int) -> str:
    """Whether it is covered, by what; for one that was lost, which steps had entered it."""
    change = function.change
    steps = ", ".join(map(spelled, function.steps[:3])) + (", ..." if len(function.steps) > 3 else "")
    if change in (Change.LOST, Change.UNPROBED, Change.UNSTEADY):
        share = f"in {function.covered_in} of {function.known_in} baselines, " if baselines > 1 else ""
        return f"{share}entered by {steps}"
    if change in (Change.REMOVED, Change.INLINED):
        return f"was entered by {steps}" if function.covered else "was not covered"
    return f"entered by {steps}" if function.covered else "not covered"


def place(function: FunctionChange) -> str:
    return f"{spelled(function.file)}:{function.line}" if function.file else ""


def image_name(image: ImageChange) -> str:
    before = f" (before: {spelled(image.moved_from)})" if image.moved_from else ""
    return f"{spelled(image.image)}{before}"


def image_rows(comparison: Comparison) -> Iterator[tuple[str, ...]]:
    """Image, ratio before and after, functions lost, gained, new, removed; not of images without functions."""
    for image in comparison.images:
        if (image.before and image.before.total) or (image.after and image.after.total):
            counts = [
                image.counts[change] for change in (Change.LOST, Change.GAINED, Change.ADDED, Change.REMOVED)
            ]
            yield image_name(image), *map(fraction, (image.before, image.after)), *map(str, counts)


IMAGE_COLUMNS = ("image", "before", "now", "lost", "gained", "new", "removed")
STEP_COLUMNS = ("step", "phase", "outcome", "functions", "lost", "gained")


def step_rows(comparison: Comparison, *, worst_first: bool = False) -> Iterator[tuple[str, ...]]:
    """Step, phase, outcome, functions entered, lost, gained.

    ``worst_first``: before all others come those that aren't good any more, then those that weren't before.
    """
    for step in sorted(comparison.steps, key=_badness) if worst_first else comparison.steps:
        outcomes = [outcome.value if outcome else "none" for outcome in (step.outcome_before, step.outcome_after)]
        counts = ["none" if n is None else str(n) for n in (step.functions_before, step.functions_after)]
        same = step.fate.value == "same"
        yield (
            spelled(step.name),
            step.phase.value,
            outcomes[1] if outcomes[0] == outcomes[1] else " -> ".join(outcomes),
            counts[1] if counts[0] == counts[1] else " -> ".join(counts),
            str(step.lost) if same else step.fate.value,
            str(step.gained) if same else "",
        )


def _badness(step: StepChange) -> int:
    if step.newly_bad:
        return 0
    return 2 if step.outcome_after is None or step.outcome_after.good else 1
