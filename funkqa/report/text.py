"""Coverage as text for a terminal or a log."""

import re
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from itertools import groupby

from rich.console import Console, Group, JustifyMethod, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from funkqa.model.coverage import Coverage, Ratio, State, Update, UpdatedFunction, Verdict
from funkqa.model.measurement import Outcome, StepResult
from funkqa.report import listing
from funkqa.report.facts import (
    debug_note,
    incomplete_symbols,
    measured_programs,
    never_run,
    never_run_title,
    not_measured_programs,
    only_inlined,
    outside,
    recorded,
    skip_reasons,
    tracing_cost,
    without_coverage,
)
from funkqa.report.plain import decoded, one_line, plain, spelled
from funkqa.report.update import builds, change, executed, judgement, remark

VERDICTS = {Verdict.PASSED: "PASSED", Verdict.FAILED: "FAILED", Verdict.NOTHING: "NOTHING MEASURED"}
_OUTSIDE = {State.GLUE: "compiler and loader glue", State.EXCLUDED: "excluded by the recipe"}
WIDTH, WIDE = 80, 2000
"""Columns of a report, and of one that is not to be folded."""
_OUTPUT_LINES = 10
_PROGRAMS = 10
_LONGEST_LINE = 400
_NUMBERS_WIDTH = 38  # the indentation and the four columns beside the path


def render(coverage: Coverage, *, width: int = WIDTH, colour: bool = False, missing: bool = False) -> str:
    """The report, ``width`` columns wide; without ``colour`` it has no control characters but newlines.

    ``missing``: followed by a list of the functions that weren't entered, which may be wider.
    """
    console = Console(
        file=StringIO(),
        width=width,
        force_terminal=colour,
        force_jupyter=False,
        color_system="standard" if colour else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
        _environ={},
    )
    with console.capture() as capture:
        for part in _parts(coverage, width):
            console.print(part)
    report = "\n".join(line.rstrip() for line in capture.get().rstrip().split("\n")) + "\n"
    return report + listing.missing(coverage) if missing else report


def headline(coverage: Coverage) -> str:
    """The first line of the report, for those who want no more of it."""
    return f"{spelled(coverage.measurement.run.recipe)}: {VERDICTS[coverage.verdict]}  {coverage.ratio}"


def _parts(coverage: Coverage, width: int) -> Iterator[RenderableType]:
    run = coverage.measurement.run
    style = "green" if coverage.verdict is Verdict.PASSED else "red"
    verdict = (VERDICTS[coverage.verdict], f"bold {style}")
    yield Text.assemble(f"{spelled(run.recipe)}: ", verdict, f"  {coverage.ratio}")
    if run.packages:
        packages = (f"{spelled(p.nevra)}{'' if p.measured else ' (not measured)'}" for p in run.packages)
        yield _section("packages", map(Text, packages))
    if any(image.ratio.total for image in coverage.images):
        yield _section("images", [_images(coverage, width - _NUMBERS_WIDTH)])
    if coverage.update:
        yield _update(coverage, coverage.update)
    yield from _notes(coverage)
    if coverage.steps:
        yield _section("steps", [_steps(coverage)])
    for step in coverage.steps:
        if not step.outcome.good and step.outcome is not Outcome.SKIPPED:
            yield from _output(step)
    if coverage.findings:
        title = "nothing was measured" if coverage.verdict is Verdict.NOTHING else "why it failed"
        yield _section(title, [_pairs(("-", one_line(finding)) for finding in coverage.findings)], "red")


def _update(coverage: Coverage, update: Update) -> RenderableType:
    """All of it: this is what the report was asked for."""
    lines: list[RenderableType] = [Text(builds(update))]
    for missed in (True, False):
        found = [each for each in update.functions if executed(each) is not missed]
        for image, functions in groupby(found, key=lambda each: each.image):
            lines.append(Text(f"{'not executed' if missed else 'executed'} in {spelled(image)}"))
            rows = [(change(each), _told(coverage, each)) for each in functions]
            lines.append(Padding(_pairs(rows, justify="left"), (0, 0, 0, 2)))
    notes = [_pairs([("note:", one_line(note))]) for note in update.notes]
    return _section(f"the update: {judgement(update)}", [*lines, *notes])


def _told(coverage: Coverage, function: UpdatedFunction) -> str:
    said = remark(coverage, function).removeprefix("executed ")
    return spelled(function.name) + ("" if said == "not executed" else f" ({said})")


def _images(coverage: Coverage, path_width: int) -> Table:
    table = _table(("image", "left"), *((name, "right") for name in ("covered", "missing", "skipped", "percent")))
    counted = [image for image in coverage.images if image.ratio.total]
    for image in counted:
        table.add_row(Text(_folded(spelled(image.image.path), path_width)), *_numbers(image.ratio))
    table.add_row("total", *_numbers(coverage.ratio), style="bold")
    return table


def _folded(path: str, width: int) -> str:
    """The path over several lines, broken in front of slashes."""
    lines = [""]
    for part in re.findall("/?[^/]+|/", path):
        if lines[-1].strip() and len(lines[-1]) + len(part) > width:
            lines.append("  ")
        lines[-1] += part
    return "\n".join(lines)


def _numbers(ratio: Ratio) -> tuple[str, ...]:
    return (str(ratio.covered), str(ratio.missing), str(ratio.skipped), ratio.percent)


def _notes(coverage: Coverage) -> Iterator[RenderableType]:
    """What the ratio alone doesn't tell."""
    if skipped := skip_reasons(coverage):
        yield _section("skipped", [_pairs((str(count), reason) for reason, count in skipped.most_common())])
    counts = {name: outside(coverage, state) for state, name in _OUTSIDE.items()}
    counts["only inlined"] = only_inlined(coverage)
    if any(counts.values()):
        yield _section(
            "outside the ratio", [_pairs((str(count), name) for name, count in counts.items() if count)]
        )
    if coverage.incidental:
        what = "entered only by steps of prepare or finish, which doesn't count"
        yield _section("incidental", [_pairs([(str(coverage.incidental), what)])])
    if coverage.expectations:
        entered = sum(expected.covered for expected in coverage.expectations)
        yield _section("expected functions", [Text(f"{entered} of {len(coverage.expectations)} entered")])
    if warnings := coverage.measurement.run.environment.get("warnings"):
        yield _section("warnings", [Text(one_line(warnings))])
    if gaps := incomplete_symbols(coverage):
        notes = (Text(f"{spelled(image.path)}: {debug_note(image)}") for image in gaps)
        yield _section("incomplete symbols", notes)
    if sentences := tuple(tracing_cost(coverage)):
        yield _section("tracing", map(Text, sentences))
    if files := tuple(without_coverage(coverage)):
        yield _section("not measured", (Text(f"{path}: {reason}") for path, reason in files))
    if sentence := recorded(coverage):
        programs = [str(program) for program in measured_programs(coverage)]
        yield _section(f"programs started: {sentence}", _some(programs))
    if programs := [str(program) for program in not_measured_programs(coverage)]:
        yield _section("exercised but not measured", _some(programs))
    if images := never_run(coverage):
        yield _section(never_run_title(coverage), _some([spelled(each.image.path) for each in images]))


def _some(lines: Sequence[str]) -> Iterator[Text]:
    yield from map(Text, lines[:_PROGRAMS])
    if len(lines) > _PROGRAMS:
        yield Text(f"and {len(lines) - _PROGRAMS} more")


def _steps(coverage: Coverage) -> Table:
    table = _table(
        ("step", "left"),
        ("phase", "left"),
        ("time", "right"),
        ("outcome", "left"),
        ("functions", "right"),
        ("only", "right"),
    )
    for step, (entered, alone) in zip(coverage.steps, coverage.step_counts, strict=True):
        outcome = Text(step.outcome.value, style="" if step.outcome.good else "red")
        name, time = Text(spelled(step.name)), f"{step.duration_s:.2f} s"
        table.add_row(name, step.phase.value, time, outcome, str(entered), str(alone))
    return table


def _output(step: StepResult) -> Iterator[RenderableType]:
    lines = plain(decoded(step.output)).expandtabs().rstrip().split("\n")
    last = [
        line if len(line) <= _LONGEST_LINE else f"...{line[-_LONGEST_LINE:]}" for line in lines[-_OUTPUT_LINES:]
    ]
    if any(last):
        yield _section(f"last lines of output of {spelled(step.name)}", [_pairs(("|", line) for line in last)])


def _section(title: str, body: Iterable[RenderableType], style: str = "") -> RenderableType:
    return Group("", Text(title, style=f"bold {style}"), Padding(Group(*body), (0, 0, 0, 2)))


def _pairs(rows: Iterable[tuple[str, str]], justify: JustifyMethod = "right") -> Table:
    """A short left column, and text that wraps beside it."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(justify=justify, no_wrap=True)
    table.add_column(overflow="fold")
    for left, right in rows:
        table.add_row(left, Text(right))
    return table


def _table(*columns: tuple[str, JustifyMethod]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="underline")
    for name, justify in columns:
        first = name == columns[0][0]
        table.add_column(name, justify=justify, overflow="fold", no_wrap=not first, ratio=1 if first else None)
    return table
