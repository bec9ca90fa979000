"""``funkqa changed``: which functions an update really changed, and whether a run executed them."""

import re
from fractions import Fraction
from pathlib import Path

import click

from funkqa.cli import completion, reports
from funkqa.model.errors import ExitCode, UsageError
from funkqa.pipeline.changed import find_changes
from funkqa.report.changed import text
from funkqa.report.changed.formats import FORMATS


@click.command("changed")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option(
    "--package", "packages", multiple=True, metavar="NAME", help="Of folders, compare this package; repeatable."
)
@click.option(
    "--repo",
    "repositories",
    multiple=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Look for debuginfo packages in this folder too, at any depth; repeatable.",
)
@click.option(
    "--result",
    "results",
    multiple=True,
    metavar="RESULT",
    type=click.Path(path_type=Path),
    help="Say what this run of NEW executed of the changes; repeatable.",
)
@click.option("--minimum-changed", "minimum", metavar="80%", help="Fail if less of the changes was executed.")
@click.option(
    "--report",
    "wanted",
    multiple=True,
    metavar="FORMAT=PATH",
    shell_complete=completion.changed_reports,
    help="Write a report; PATH - is stdout.",
)
def command(
    old: str,
    new: str,
    packages: tuple[str, ...],
    repositories: tuple[Path, ...],
    results: tuple[Path, ...],
    minimum: str | None,
    wanted: tuple[str, ...],
) -> None:
    """List the functions whose machine code the build NEW really changed: changed, new, removed, moved.

    OLD and NEW are RPM files, folders of them (what both have is compared), ELF files, or installed packages (with
    commas between several). An argument with a slash is a file, as is *.rpm. Debuginfo is taken from beside an RPM
    file and from --repo; else from /usr/lib/debug and from DEBUGINFOD_URLS, by build ID. Files need no root.

    Addresses, padding, the order of functions, build dates and directories don't count. Opcodes, registers,
    numbers, the functions that are called and the constants that are read do: a rebuild of the same source changes
    nothing, and a changed inline function changes those that it is inlined into. So does a comment that moves an
    assertion to another line: the line (__LINE__) is a number in its code. Moved is what has the same code under
    another name, in another source file or image. Code of other architectures than x86-64 is compared byte by
    byte.

    Formats: text, json, junit (as openQA reads it), junit-standard, markdown; without --report, text.

    Exit codes: 0, also if something changed; 1, less of the changed and new functions was executed than
    --minimum-changed, or an ELF file couldn't be compared; 2, a wrong command line; 3, nothing can be compared.
    """
    targets = reports.parse(wanted, FORMATS)
    reports.check_targets(targets)
    least = None if minimum is None else _part(minimum)
    if least is not None and not results:
        raise UsageError(
            "--minimum-changed asks what runs executed, and no run is named",
            hint="name the result of a run of the new build: --result FILE",
        )
    changes = find_changes(old, new, packages=packages, repositories=repositories, results=results, minimum=least)
    if not targets:
        click.echo(text.render(changes), nl=False)
    reports.write_rendered(changes, targets, FORMATS).end(None)
    raise click.exceptions.Exit(int(ExitCode.FINDINGS if changes.failed else ExitCode.PASSED))


def _part(percent: str) -> Fraction:
    """``80%`` as a part of 1."""
    match = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{1,9})?) *%", percent)
    part = Fraction(match[1]) / 100 if match else Fraction(2)
    if part > 1:
        raise UsageError(
            f"--minimum-changed {percent}: write a percentage from 0% to 100%", hint="for example: 80%"
        )
    return part
