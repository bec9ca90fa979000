"""``funkqa release``: how all packages of a release stand."""

import sys
from pathlib import Path

import click

from funkqa.analysis.release import release_report
from funkqa.cli import completion, releases, reports
from funkqa.cli.releases import Package, Read
from funkqa.cli.reports import Wanted
from funkqa.model.comparison import FailOn, Judgement, Limits
from funkqa.model.errors import ExitCode, NothingToMeasure, UsageError
from funkqa.model.release import ReleaseReport
from funkqa.report.release import text, words
from funkqa.report.release.formats import FORMATS, SUFFIXES
from funkqa.system import workers


@click.command("release")
@click.argument("folders", nargs=-1, required=True, metavar="[OLDER_DIR...] BASE_DIR NEW_DIR")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="REPORT",
    help=f"Write a report in the format that its suffix means: {', '.join(SUFFIXES)}.",
)
@click.option(
    "--report",
    "wanted",
    multiple=True,
    metavar="FORMAT=PATH",
    shell_complete=completion.release_reports,
    help="Write a report in this format; PATH - is stdout; repeatable.",
)
@click.option(
    "--fail-on",
    multiple=True,
    type=click.Choice([each.value for each in FailOn]),
    default=sorted(each.value for each in Limits().fail_on),
    show_default=True,
    help="What fails a package; repeatable.",
)
def command(
    folders: tuple[str, ...], output: Path | None, wanted: tuple[str, ...], fail_on: tuple[str, ...]
) -> None:
    """Report on one page how all packages of the release NEW_DIR stand, compared with BASE_DIR.

    Each DIR is a folder of *.funkqa (at any depth), the results of one release. Results pair by recipe, package
    and architecture; the newest of each counts. Each recipe's tolerance applies to its package, as in
    `funkqa compare`. Totals are sums of functions, over the packages that both releases have. OLDER_DIRs, the
    oldest first, only add to the trend.

    Formats: text, json, junit (as openQA reads it), junit-standard, html, markdown; without any, text.

    Exit codes: 0, no package failed; 1, one did, or a new result can't be read; 2, a wrong command line.
    """
    targets = _targets(output, wanted)
    if len(folders) < 2:
        raise UsageError("there is nothing to compare with", hint="name two folders: release BASE_DIR NEW_DIR")
    for folder in folders:
        if not Path(folder).is_dir():
            raise UsageError(
                "there is no such folder", where=folder, hint="name folders of result files (*.funkqa)"
            )
    report = _report(folders, Limits(fail_on=frozenset(map(FailOn, fail_on))))
    if not targets:
        click.echo(text.render(report), nl=False)
    reports.write_rendered(report, targets, FORMATS).end(None)
    if targets:
        click.echo(f"funkqa: {words.headline(report)}", err=True)
    failed = report.judgement is Judgement.FAILED
    raise click.exceptions.Exit(int(ExitCode.FINDINGS if failed else ExitCode.PASSED))


def _report(folders: tuple[str, ...], limits: Limits) -> ReleaseReport:
    found = tuple(workers.answers(releases.results, folders, piece=1))
    packages = releases.packages(found, limits)
    refused = [file._replace(new=False) for each in found[:-1] for file in each.refused]
    refused += found[-1].refused
    if not packages and not refused:
        raise UsageError("there is no result file", where=" ".join(folders))
    if not found[-1].newest and not found[-1].refused:
        raise NothingToMeasure("the newest release has no result", where=folders[-1], hint="name it last")
    read = _read(packages)
    refused += [file for each in read for file in each.refused]
    builds = releases.all_builds(read, len(folders))
    standings = [each.standing for each in read if each.standing]
    earlier = [each.history for each in read if not each.standing]
    return release_report(folders, builds, standings, refused, earlier)


def _read(packages: tuple[Package, ...]) -> tuple[Read, ...]:
    """With progress on a terminal, and in silence elsewhere."""
    answers = workers.answers(releases.read, packages)
    if not sys.stderr.isatty():
        return tuple(answers)
    with click.progressbar(answers, len(packages), "funkqa: comparing", file=sys.stderr) as shown:
        return tuple(shown)


def _targets(output: Path | None, wanted: tuple[str, ...]) -> tuple[Wanted, ...]:
    targets = reports.parse(wanted, FORMATS)
    if output is not None:
        if output.suffix not in SUFFIXES:
            raise UsageError(
                f"no format is known by the suffix {output.suffix!r}",
                where=str(output),
                hint=f"suffixes: {', '.join(SUFFIXES)}; or name the format: --report html={output}",
            )
        targets = (Wanted(SUFFIXES[output.suffix], str(output)), *targets)
    reports.check_targets(targets)
    return targets
