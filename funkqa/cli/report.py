"""``funkqa report``: reports from a result file, on any machine, without root."""

import shutil
import sys
from pathlib import Path

import click

from funkqa.cli import completion, reports
from funkqa.cli.verdict import exit_code
from funkqa.report import text


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
def command(result: Path, wanted: tuple[str, ...]) -> None:
    """Render reports from the result file RESULT; without --report, print text.

    Formats: text, json, junit (as openQA reads it), junit-standard.
    """
    targets = reports.parse(wanted)
    reports.check_targets(targets)
    coverage = reports.load(result)
    if targets:
        reports.write(coverage, targets, result)
    else:
        width = shutil.get_terminal_size().columns
        click.echo(text.render(coverage, width=width, colour=sys.stdout.isatty()), nl=False)
    raise click.exceptions.Exit(exit_code(coverage.verdict))
