"""``funkqa init``: the draft of a recipe."""

import re
import shlex
from pathlib import Path

import click

from funkqa.cli import reports
from funkqa.model.errors import UsageError
from funkqa.pipeline.drafting import draft_recipe


@click.command("init")
@click.argument("package", default="", metavar="[PACKAGE]")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write it there, where no file may be yet.")
@click.option(
    "--rpm",
    "rpms",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Read package files, not what is installed: PACKAGE, or the first, and others of its source; repeatable.",
)
def command(package: str, output: Path | None, rpms: tuple[Path, ...]) -> None:
    """Draft a recipe for PACKAGE, as it is installed or, with --rpm, as its file has it.

    The draft has a step for each program, measures the libraries of the same source too, and has as comments the
    services, what looks like test suites, and the examples of the manual pages. Nothing of the package is run, and
    no root is needed. `funkqa check` takes the draft, and `funkqa run` runs it: that is a beginning.

    Exit codes: 0; 2, a wrong command line; 3, there is no such package, or nothing in it that could be measured.
    """
    if not package and not rpms:
        raise UsageError(
            "name an installed package, or the file of one", hint="funkqa init PACKAGE; funkqa init --rpm FILE"
        )
    if package.endswith(".rpm"):
        raise UsageError(
            "a package file is no installed package", where=package, hint=f"--rpm {shlex.quote(package)}"
        )
    if output is not None:
        _refuse_existing(output)
        reports.check_target(output)
    text = draft_recipe(package, rpms, output or Path("draft.yaml"))
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        with output.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        _refuse_existing(output)
    name = shlex.quote(str(output))
    click.echo(f"written: {name}\nnext: funkqa check {name}; funkqa run {name} --suggest", err=True)


def _refuse_existing(path: Path) -> None:
    if path.exists() or path.is_symlink():
        other = re.sub(r"(\.ya?ml)?$", "-draft.yaml", path.name, count=1)
        raise UsageError(
            "this file is there already, and a draft replaces nothing",
            where=str(path),
            hint=f"name another: -o {shlex.quote(str(path.with_name(other)))}",
        )
