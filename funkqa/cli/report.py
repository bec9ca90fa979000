"""``funkqa report``: reports from a result file, on any machine, without root."""

import shutil
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import click

from funkqa.cli import completion, reports, streams
from funkqa.cli.narrator import Narrator
from funkqa.cli.verdict import exit_code
from funkqa.model.coverage import Coverage
from funkqa.model.errors import UsageError
from funkqa.report import listing, text
from funkqa.report.formats import FORMATS
from funkqa.report.plain import spelled


@click.command("report")
@click.argument("result", type=click.Path(path_type=Path))
@click.option(
    "--report",
    "wanted",
    multiple=True,
    metavar="FORMAT=PATH",
    shell_complete=completion.reports,
    help="Write a report; PATH - is stdout.",
)
@click.option(
    "--changed",
    "changed",
    type=click.Path(path_type=Path),
    metavar="CHANGES.json",
    help="Mark what an update changed, as `funkqa changed OLD NEW --report json=CHANGES.json` has it.",
)
@click.option("--wide", is_flag=True, help="Text: fold no line.")
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Text on stdout: colours; auto means on a terminal, and not with NO_COLOR.",
)
@click.option("--missing", is_flag=True, help="Text: list the functions that no step entered.")
@click.option("--suggest", is_flag=True, help="Say what to test next: uncovered areas, programs that never ran.")
@click.option("--step", "steps", multiple=True, metavar="NAME", help="Text: what this step entered and printed.")
def command(
    result: Path,
    wanted: tuple[str, ...],
    changed: Path | None,
    wide: bool,
    color: str,
    missing: bool,
    suggest: bool,
    steps: tuple[str, ...],
) -> None:
    """Render reports from the result file RESULT; without --report, print text.

    Formats: text, json, junit (as openQA reads it), junit-standard, html, lcov, cobertura, csv, markdown. All but
    lcov and cobertura mark what --changed names, which changes no verdict.

    Exit code: 0 if the run passed, 1 if it found something.
    """
    targets = reports.parse(wanted)
    reports.check_suggest(suggest, targets)
    reports.check_targets(targets, [result, *([changed] if changed else [])])
    if targets and (wide or missing or steps) and all(target.format != "text" for target in targets):
        raise UsageError(
            "--wide, --missing and --step are for text, which isn't wanted",
            hint="add --report text=PATH, or leave out --report",
        )
    changes = reports.read_changes(changed) if changed else None
    coverage = reports.load(result)
    if changed and changes:
        coverage = reports.highlighted(coverage, changes, changed)
    numbers = _numbers(coverage, steps)
    if targets:
        width = text.WIDE if wide else text.WIDTH
        with Narrator(coverage.measurement.run.recipe, verbose=False, quiet=False) as narrator:
            written = reports.write(coverage, targets, narrator, _formats(width, missing, numbers))
        written.end(result)
        if not any(target.path == "-" for target in targets):
            streams.remark(text.headline(coverage))
    else:
        width = text.WIDE if wide else shutil.get_terminal_size().columns
        colour = streams.coloured(sys.stdout) if color == "auto" else color == "always"
        click.echo(_text(coverage, width, missing, numbers, colour), nl=False, color=colour)
    if suggest:
        click.echo("\n" + reports.suggested(coverage), nl=False)
    raise click.exceptions.Exit(exit_code(coverage.verdict))


def _numbers(coverage: Coverage, names: tuple[str, ...]) -> tuple[int, ...]:
    """The steps of these names, in their own order."""
    known = [spelled(step.name) for step in coverage.steps]
    for name in names:
        if spelled(name) not in known:
            raise UsageError(f"--step {name}: no step has this name", hint=f"steps: {', '.join(known) or 'none'}")
    wanted = {spelled(name) for name in names}
    return tuple(number for number, name in enumerate(known) if name in wanted)


def _formats(width: int, missing: bool, steps: tuple[int, ...]) -> Mapping[str, reports.Renderer]:
    return {**FORMATS, "text": partial(_text, width=width, missing=missing, steps=steps)}


def _text(coverage: Coverage, width: int, missing: bool, steps: tuple[int, ...], colour: bool = False) -> str:
    """The report; with ``steps`` only what is asked of them."""
    if not steps:
        return text.render(coverage, width=width, colour=colour, missing=missing)
    parts = [listing.step(coverage, number) for number in steps]
    return "\n".join(parts) + (listing.missing(coverage) if missing else "")
