"""``funkqa functions``: the inventory of packages and files."""

from contextlib import ExitStack
from pathlib import Path

import click

from funkqa.model.place import RUNNING_SYSTEM
from funkqa.model.recipe import Measure
from funkqa.pipeline import debugfiles, ownership, planning, skew
from funkqa.report.functions import FORMATS


@click.command("functions")
@click.argument("subjects", nargs=-1, required=True, metavar="PACKAGE|ELF...")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="text", show_default=True)
def command(subjects: tuple[str, ...], form: str) -> None:
    """List the functions of installed packages or ELF files: names, declared file and line, and how they stand.

    An argument with a slash is a file, any other a package. Files need no root. Debug files are taken from
    /usr/lib/debug, by build ID, and from DEBUGINFOD_URLS.
    """
    files = tuple(Path(subject) for subject in subjects if "/" in subject)
    packages = ownership.find_packages([subject for subject in subjects if "/" not in subject], files)
    with ExitStack() as undo:
        elves, unmeasured = ownership.hold_elf_files(RUNNING_SYSTEM, packages, False, undo)
        debug_files = debugfiles.find(RUNNING_SYSTEM, elves, undo)
        debug_files = skew.told(debug_files, elves, RUNNING_SYSTEM)
        plan = planning.plan_probes(elves, debug_files, unmeasured, Measure())
        for said in (*debugfiles.warnings(debug_files), *debugfiles.problems(debug_files), *plan.problems):
            click.echo(f"warning: {said}", err=True)
        click.echo(FORMATS[form](plan), nl=False)
