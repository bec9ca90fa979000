"""``funkqa stop``: end a session and report."""

import shutil
import sys
from pathlib import Path

import click

from funkqa.cli import completion, reports, streams
from funkqa.cli.talking import asked, session_option, the_session
from funkqa.cli.verdict import exit_code
from funkqa.model.errors import HostUnfit
from funkqa.report import text
from funkqa.system import files, sessions


@click.command("stop")
@session_option
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The result file.  [default: NAME.funkqa]")
@click.option(
    "--report",
    "wanted",
    multiple=True,
    metavar="FORMAT=PATH",
    shell_complete=completion.reports,
    help="Write a report, any format of `funkqa report --help`.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
def command(session: str | None, output: Path | None, wanted: tuple[str, ...], quiet: bool) -> None:
    """End a session, take its result, and report.

    Of a session that died, the result has the steps that were over.
    """
    name = the_session(session)
    targets = reports.parse(wanted)
    result = output or Path(f"{name}.funkqa")
    reports.check_result(result)
    reports.check_targets(targets, [result])
    if sessions.lives(name):
        asked(name, {"do": "stop"})
        if not sessions.await_end(name):
            raise HostUnfit(
                f"the session {name} doesn't end", where=str(sessions.log(name)), hint=f"kill {sessions.pid(name)}"
            )
    if not sessions.result(name).exists():
        sessions.forget(name)
        raise HostUnfit(
            f"the session {name} died before it had a result",
            where=str(sessions.log(name)),
            hint="see there why, then: funkqa restore",
        )
    files.move(sessions.result(name), result)
    sessions.forget(name)
    coverage = reports.load(result)
    written = reports.write(coverage, targets)
    if not quiet and not any(report.path == "-" for report in targets):
        click.echo(
            text.render(coverage, width=shutil.get_terminal_size().columns, colour=streams.coloured(sys.stdout)),
            nl=False,
        )
    written.end(result)
    if not quiet:
        click.echo(f"\nwritten: {' '.join([str(result), *(report.path for report in targets)])}", err=True)
    raise click.exceptions.Exit(exit_code(coverage.verdict))
