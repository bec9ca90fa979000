"""``funkqa functions``: the inventory of packages and files."""

from contextlib import ExitStack

import click

from funkqa.pipeline import named
from funkqa.report.functions import FORMATS


@click.command("functions")
@click.argument("subjects", nargs=-1, required=True, metavar="PACKAGE|ELF...")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="text", show_default=True)
def command(subjects: tuple[str, ...], form: str) -> None:
    """List the functions of installed packages or ELF files: names, declared file and line, and how they stand.

    An argument with a slash is a file, any other a package. Files need no root. Debug files are taken from
    /usr/lib/debug, by build ID, and from DEBUGINFOD_URLS.
    """
    with ExitStack() as undo:
        found = named.planned(subjects, undo)
        for said in (*found.warnings, *found.problems):
            click.echo(f"warning: {said}", err=True)
        click.echo(FORMATS[form](found.plan), nl=False)
