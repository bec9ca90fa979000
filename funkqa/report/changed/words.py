"""What all reports of changes say in the same words."""

from collections.abc import Iterator
from itertools import groupby, zip_longest

from funkqa.model.change import WANTED, ChangedFunction, ChangedImage, Changes, CodeChange, Compared, Reach
from funkqa.report.facts import counted
from funkqa.report.plain import one_line, spelled

TITLES = {
    CodeChange.CHANGED: "changed",
    CodeChange.ADDED: "new",
    CodeChange.REMOVED: "removed",
    CodeChange.MOVED: "moved, with the same code",
}
"""In the order of importance."""

REACHES = {
    Reach.COVERED: "executed",
    Reach.MISSING: "not executed",
    Reach.SKIPPED: "has no probe",
    Reach.EXCLUDED: "excluded",
    Reach.UNMEASURED: "not measured",
}

IMAGE_COLUMNS = ("image", "functions", "changed", "new", "removed", "moved")
MOST_STEPS = 3


def subject(changes: Changes) -> str:
    """``bzip2-1.0.8-1.x86_64 -> bzip2-1.0.9-1.x86_64``; with several packages the first, and how many more."""
    return " -> ".join(_side(build.packages, build.name) for build in (changes.old, changes.new))


def _side(packages: tuple[str, ...], name: str) -> str:
    if not packages:
        return spelled(name)
    more = f" and {len(packages) - 1} more" if len(packages) > 1 else ""
    return f"{spelled(packages[0])}{more}"


def headline(changes: Changes) -> str:
    """``bzip2-1.0.8-1.x86_64 -> bzip2-1.0.9-1.x86_64: 3 of 94 functions changed, 0 new, 0 removed, 0 moved``."""
    return f"{subject(changes)}: {numbers(changes)}"


def numbers(changes: Changes) -> str:
    total = sum(image.functions_before or 0 for image in changes.images)
    counts = {change: changes.count(change) for change in CodeChange}
    return (
        f"{counts[CodeChange.CHANGED]:,} of {counted(total, 'function')} changed, "
        f"{counts[CodeChange.ADDED]:,} new, {counts[CodeChange.REMOVED]:,} removed, "
        f"{counts[CodeChange.MOVED]:,} moved"
    )


def judgement(changes: Changes) -> str:
    """What runs executed, and whether that is enough; empty without a run."""
    ratio = changes.ratio
    if ratio is None:
        return ""
    if not ratio.total:
        said = "nothing changed that could be executed"
    else:
        said = f"executed: {ratio.covered:,} of {ratio.total:,} changed and new functions, {ratio.percent}"
    if changes.minimum is None:
        return said
    return f"{'FAILED' if changes.failed else 'PASSED'}: {said}, wanted: {float(100 * changes.minimum):g}%"


def packages(changes: Changes) -> Iterator[tuple[str, str]]:
    """The packages before and after, side by side."""
    for before, after in zip_longest(changes.old.packages, changes.new.packages, fillvalue="none"):
        yield spelled(before), spelled(after)


def by_change(changes: Changes) -> Iterator[tuple[CodeChange, tuple[ChangedFunction, ...]]]:
    """The functions by change, the most important change first; changes that nothing has are left out."""
    for change in TITLES:
        if found := tuple(each for each in changes.functions if each.change is change):
            yield change, found


def by_image(functions: tuple[ChangedFunction, ...]) -> Iterator[tuple[str, tuple[ChangedFunction, ...]]]:
    for image, found in groupby(functions, key=lambda each: each.image):
        yield spelled(image), tuple(found)


def function_name(function: ChangedFunction) -> str:
    before = f" (before: {spelled(function.moved_from)})" if function.moved_from else ""
    return f"{spelled(function.name)}{before}"


def place(function: ChangedFunction) -> str:
    return f"{spelled(function.file)}:{function.line}" if function.file else ""


def sizes(function: ChangedFunction) -> str:
    """``77 -> 83 bytes``."""
    before, after = function.size_before, function.size_after
    if function.change in (CodeChange.REMOVED, CodeChange.ADDED) or before == after:
        return counted(after or before, "byte")
    return f"{before:,} -> {counted(after, 'byte')}"


def remark(function: ChangedFunction) -> str:
    """Whether a run executed it, in which steps; empty where that doesn't matter or isn't known."""
    if function.reach is None or function.change not in WANTED:
        return ""
    steps = ", ".join(map(spelled, function.steps[:MOST_STEPS]))
    steps += ", ..." if len(function.steps) > MOST_STEPS else ""
    return f"executed by {steps}" if steps else REACHES[function.reach]


def columns(changes: Changes) -> tuple[str, ...]:
    return (*IMAGE_COLUMNS, *(("executed",) if changes.ratio is not None else ()))


def image_rows(changes: Changes) -> Iterator[tuple[str, ...]]:
    for image in changes.images:
        counts = [image.counts[change] for change in TITLES]
        executed = (f"{image.ratio.covered:,}/{image.ratio.total:,}",) if image.ratio is not None else ()
        yield (image_name(image), _functions(image), *(f"{count:,}" for count in counts), *executed)


def image_name(image: ChangedImage) -> str:
    before = f" (before: {spelled(image.moved_from)})" if image.moved_from else ""
    return f"{spelled(image.image)}{before}"


def _functions(image: ChangedImage) -> str:
    numbers = [image.functions_before, image.functions_after]
    shown = ["none" if number is None else f"{number:,}" for number in numbers]
    return shown[0] if shown[0] == shown[1] else " -> ".join(shown)


def limits(changes: Changes) -> Iterator[str]:
    """What the comparison doesn't know."""
    for image in changes.images:
        if image.compared is Compared.BYTES and image.functions_before and image.functions_after:
            yield (
                f"{spelled(image.image)}: code of {spelled(image.arch)} is compared byte by byte, so that what "
                "only moved counts as changed"
            )
    for file in changes.uncompared:
        yield f"{spelled(file.path)}: not compared: {one_line(file.reason)}"
    yield from map(one_line, changes.notes)
