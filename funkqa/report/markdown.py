"""Coverage as Markdown (GitHub's dialect) for a comment: at most 60 lines, the number first.

Names stand in code spans, where they are shown as they are: no mark-up, no HTML, no mention of anybody.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from funkqa.model.coverage import Coverage, ImageCoverage, State, Update, Verdict
from funkqa.model.measurement import Outcome
from funkqa.report.facts import (
    Program,
    counted,
    measured_programs,
    never_run,
    never_run_title,
    not_measured_programs,
    only_inlined,
    outside,
    recorded,
)
from funkqa.report.plain import spelled
from funkqa.report.update import builds, change, judgement, ranked, remark

_MARKS = {Verdict.PASSED: "passed", Verdict.FAILED: "**failed**", Verdict.NOTHING: "**nothing was measured**"}
_FINDINGS, _PROGRAMS, _UPDATED = 8, 5, 5
_LONGEST_NAME = 160


class _Most(NamedTuple):
    """Rows of the long lists, so that a comment has 60 lines at most."""

    images: int
    steps: int
    missing: int


_ALONE, _BESIDE_AN_UPDATE = _Most(8, 10, 8), _Most(5, 6, 3)


def render(coverage: Coverage) -> str:
    """The comment with a newline at the end."""
    return "\n".join(_lines(coverage)) + "\n"


def _lines(coverage: Coverage) -> Iterator[str]:
    run = coverage.measurement.run
    most = _BESIDE_AN_UPDATE if coverage.update else _ALONE
    yield f"### {code(run.recipe)}: {coverage.ratio}"
    packages = [code(package.nevra) for package in run.packages if package.measured]
    yield from ("", f"{_MARKS[coverage.verdict]}; {_some(packages, 3) or 'no package'}")
    yield from listed("", [whole(finding) for finding in coverage.findings], _FINDINGS)
    images = sorted((each for each in coverage.images if each.ratio.total), key=_worst)
    if images:
        rows = [_image(image) for image in images]
        yield from table(("image", "covered", "missing", "skipped", "percent"), rows, most.images)
    if coverage.steps:
        yield from table(("step", "outcome", "functions", "only", "time"), _step_rows(coverage), most.steps)
    if coverage.update:
        yield from _update(coverage, coverage.update)
    missing = _missing(images)
    order = ", the largest first" if len(missing) > 1 else ""
    yield from listed(f"{counted(len(missing), 'function')} missing{order}:", missing, most.missing)
    programs = [code(each.image.path) for each in never_run(coverage)]
    if programs:
        title = never_run_title(coverage)
        yield from ("", f"{title[0].upper()}{title[1:]}: {_some(programs, _PROGRAMS)}")
    if sentence := recorded(coverage):
        started = [_program(program) for program in measured_programs(coverage)]
        yield from ("", f"Programs started: {sentence}; measured: {_some(started, _PROGRAMS) or 'none'}")
    exercised = [_program(program) for program in not_measured_programs(coverage)]
    if exercised:
        yield from ("", f"Exercised, not measured: {_some(exercised, _PROGRAMS)}")
    counts = {state.value: outside(coverage, state) for state in (State.GLUE, State.EXCLUDED)}
    counts["only inlined"] = only_inlined(coverage)
    if any(counts.values()):
        yield from ("", f"Outside the ratio: {', '.join(f'{n} {what}' for what, n in counts.items() if n)}")


def _program(program: Program) -> str:
    owner = f" of {code(program.package)}" if program.package else ""
    return f"{code(program.path)}{owner} ({program.starts:,}\u00d7)"


def _update(coverage: Coverage, update: Update) -> Iterator[str]:
    functions = [
        f"{change(each)}: {code(each.name)} in {code(each.image)}: {code(remark(coverage, each))}"
        for each in ranked(update)
    ]
    yield from ("", f"The update {code(builds(update))}: **{judgement(update)}**")
    yield from listed("", functions, _UPDATED)
    if update.notes:
        yield from ("", f"Note: {_some([whole(note) for note in update.notes], 2)}")


def _worst(image: ImageCoverage) -> tuple[int, str]:
    return (-image.ratio.missing - image.ratio.skipped, image.image.path)


def _image(image: ImageCoverage) -> tuple[str, ...]:
    ratio = image.ratio
    return (cell(image.image.path), str(ratio.covered), str(ratio.missing), str(ratio.skipped), ratio.percent)


def _step_rows(coverage: Coverage) -> list[tuple[str, ...]]:
    """Steps that failed come first."""
    rows = []
    for step, (entered, alone) in zip(coverage.steps, coverage.step_counts, strict=True):
        bad = not step.outcome.good and step.outcome is not Outcome.SKIPPED
        outcome = f"**{step.outcome.value}**" if bad else step.outcome.value
        row = (cell(step.name), outcome, str(entered), str(alone), f"{step.duration_s:.2f} s")
        rows.append((not bad, row))
    return [row for _, row in sorted(rows, key=lambda row: row[0])]


def _missing(images: Sequence[ImageCoverage]) -> list[str]:
    """The largest functions first; those of one size in the order of the images.

    With the image if there are several, and with the place where a name comes twice in one.
    """
    found = [(each.function, image) for image in images for each in image.functions if each.state is State.MISSING]
    names = Counter((function.demangled, image.image.path) for function, image in found)
    shown = []
    for function, image in sorted(found, key=lambda each: -each[0].size):
        text = code(function.demangled)
        if len(images) > 1:
            text += f" in {code(image.image.path.rpartition('/')[2])}"
        if names[function.demangled, image.image.path] > 1 and function.file:
            text += f", {code(f'{function.file}:{function.line}')}"
        shown.append(text)
    return shown


def table(heading: Sequence[str], rows: Sequence[Sequence[str]], most: int) -> Iterator[str]:
    yield ""
    for row in (heading, ["---", *["---:"] * (len(heading) - 1)], *rows[:most]):
        yield f"| {' | '.join(row)} |"
    if len(rows) > most:
        yield f"| and {len(rows) - most} more |{' |' * (len(heading) - 1)}"


def listed(title: str, items: Sequence[str], most: int) -> Iterator[str]:
    if items:
        yield ""
        if title:
            yield from (title, "")
        yield from (f"- {item}" for item in items[:most])
    if len(items) > most:
        yield f"- and {len(items) - most} more"


def _some(items: Sequence[str], most: int) -> str:
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return ", ".join(items[:most]) + more


def code(text: str) -> str:
    """A name as a code span, cut if it is very long."""
    shown = spelled(text)
    return whole(f"{shown[:_LONGEST_NAME]}..." if len(shown) > _LONGEST_NAME else shown)


def whole(text: str) -> str:
    """A code span, delimited by more backticks than the text has in a row; of a finding nothing is cut."""
    shown = spelled(text)
    fence = "`" * (max(map(len, re.findall("`+", shown)), default=0) + 1)
    # One space on each side is stripped again if the text isn't all spaces.
    padded = f" {shown} " if not shown.strip() or shown[0] in "` " or shown[-1] in "` " else shown
    return f"{fence}{padded}{fence}"


def cell(text: str) -> str:
    """A code span in a table, where a bar is escaped even within code."""
    return code(text).replace("|", "\\|")
