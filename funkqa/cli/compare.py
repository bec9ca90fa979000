"""``funkqa compare``: a new result against earlier ones."""

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

import click

from funkqa.analysis.compare import compare
from funkqa.cli import completion, pairing, reports
from funkqa.cli.main import complain
from funkqa.cli.narrator import Narrator
from funkqa.cli.pairing import Pair, Pairs
from funkqa.cli.reports import Wanted
from funkqa.cli.resultfiles import ResultFile, result_files
from funkqa.model.comparison import Comparison, FailOn, Judgement, Limits, Refused
from funkqa.model.errors import ExitCode, FunkqaError, UsageError
from funkqa.pipeline.listener import counted as each_counted
from funkqa.report.comparison import text
from funkqa.report.comparison.formats import FORMATS
from funkqa.report.facts import counted
from funkqa.report.plain import one_line, spelled

_ONE_AFTER_ANOTHER = ("text", "markdown")
"""Formats of which several documents make one."""


@click.command("compare")
@click.argument("results", nargs=-1, required=True, metavar="BASE... NEW")
@click.option("--tolerance", metavar="1.0pp", help="Fall of the ratio that is forgiven.  [default: the recipe's]")
@click.option(
    "--max-lost",
    type=click.IntRange(min=0),
    metavar="N",
    help="Lost functions that are forgiven.  [default: the tolerance's part of all functions]",
)
@click.option(
    "--fail-on",
    multiple=True,
    type=click.Choice([each.value for each in FailOn]),
    default=sorted(each.value for each in Limits().fail_on),
    show_default=True,
    help="What fails the comparison, in place of the default; repeatable.",
)
@click.option(
    "--baselines",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    metavar="N",
    help="Use so many baselines of each recipe, the newest.",
)
@click.option(
    "--report",
    "wanted",
    multiple=True,
    metavar="FORMAT=PATH",
    shell_complete=completion.comparison_reports,
    help="Write a report; PATH - is stdout. With several recipes PATH contains {recipe}.",
)
def command(
    results: tuple[str, ...],
    tolerance: str | None,
    max_lost: int | None,
    fail_on: tuple[str, ...],
    baselines: int,
    wanted: tuple[str, ...],
) -> None:
    """Compare the result NEW with the earlier results BASE: which functions were lost, gained, added, removed?

    Each is a file, a folder of *.funkqa (at any depth), or a pattern in quotes. Results pair by recipe, package
    and architecture, and of NEW the latest of each counts: any folder of results is a history. Of several
    baselines the median of the ratios counts, and a function is lost if every baseline that has it covers it and
    NEW, which has it too, doesn't. One that only some covered is unsteady and not lost.

    Formats: text, json, junit (as openQA reads it), junit-standard, html, markdown; without --report, text.

    What is lost or has fallen within the limits is a softfail, beyond them a failure. Without a baseline there is
    nothing to fail. Files that can't be read are named, and the rest is compared; a new one of them fails the
    command, and is a softfail of the comparisons, which might lack it.

    Exit codes: 0, passed or softfail; 1, failed, or a new result can't be read; 2, a wrong command line, or a
    file that it names can't be read.
    """
    targets = reports.parse(wanted, FORMATS)
    limits = Limits(_part(tolerance), max_lost, frozenset(map(FailOn, fail_on)))
    if len(results) < 2:
        raise UsageError(
            "there is nothing to compare with", hint="name earlier results first: compare BASE... NEW"
        )
    before, after = result_files(results[:-1]), result_files(results[-1:])
    pairs = pairing.pair(before, after, baselines)
    by_pair = _targets(pairs.pairs, targets)
    # What is printed is told by itself; reports take their time in silence.
    quiet = not targets and not sys.stderr.isatty()
    with Narrator("compare", verbose=False, quiet=quiet) as told:
        told.stage(f"comparing {counted(len(pairs.pairs), 'result')} with baselines")
        compared = {pair: _compared(pair, pairs, limits) for pair in each_counted(pairs.pairs, told)}
    refused = {file for comparison, files in compared.values() for file in files} | {*pairs.refused}
    done = {pair: comparison for pair, (comparison, _) in compared.items() if comparison}
    _tell(pairs, refused)
    if not done:
        raise UsageError("there is no new result that can be compared", where=results[-1])
    if targets:
        _write(done, by_pair)
    else:
        click.echo("\n".join(map(text.render, done.values())), nl=False)
    if unread := sum(file.new for file in refused):
        click.echo(f"funkqa: FAILED: {counted(unread, 'new result')} can't be read", err=True)
    raise click.exceptions.Exit(_exit_code(done.values(), refused, (*before, *after)))


def _write(done: Mapping[Pair, Comparison], targets: Mapping[Pair, tuple[Wanted, ...]]) -> None:
    """All reports of all comparisons; one that can't be written keeps no other from it."""
    with Narrator("compare", verbose=False, quiet=False) as told:
        told.stage(f"writing {counted(sum(len(targets[pair]) for pair in done), 'report')}")
        written = [
            reports.write_rendered(done[pair], targets[pair], FORMATS) for pair in each_counted(tuple(done), told)
        ]
    printed = tuple(text for each in written for text in each.printed)
    reports.Written(printed, tuple(failure for each in written for failure in each.failed)).end(None)


def _compared(pair: Pair, pairs: Pairs, limits: Limits) -> tuple[Comparison | None, tuple[Refused, ...]]:
    """The comparison, None if the new result can't be read; and the files that can't be."""
    baselines, new, refused = pairing.read(pair)
    if new is None:
        return None, refused
    return compare(baselines, new, limits, (*pairs.refused, *refused, *pair.aside)), refused


def _targets(pairs: Sequence[Pair], wanted: tuple[Wanted, ...]) -> dict[Pair, tuple[Wanted, ...]]:
    """The reports of each pair, at paths of their own, which could be written."""
    targets = {pair: tuple(Wanted(each.format, _path(each.path, pair)) for each in wanted) for pair in pairs}
    paths = [
        "standard output" if each.path == "-" else each.path
        for of_pair in targets.values()
        for each in of_pair
        if each.path != "-" or each.format not in _ONE_AFTER_ANOTHER
    ]
    if len(pairs) > 1 and (shared := [path for path in paths if paths.count(path) > 1]):
        keys = ", ".join(str(pair.key) for pair in pairs)
        raise UsageError(
            f"{len(pairs)} comparisons can't be written to one place: {keys}",
            where=shared[0],
            hint="put {recipe} into the path of --report, and {package} or {arch} where that isn't enough",
        )
    for of_pair in targets.values():
        reports.check_targets(of_pair)
    return targets


def _path(path: str, pair: Pair) -> str:
    package = pair.key.package.strip("/").replace("/", "_")
    return path.replace("{recipe}", pair.key.recipe).replace("{package}", package).replace("{arch}", pair.key.arch)


def _tell(pairs: Pairs, refused: Iterable[Refused]) -> None:
    for file in sorted(refused):
        complain(FunkqaError(f"takes no part: {one_line(file.reason)}", where=spelled(file.name)))
    for key in pairs.only_before:
        click.echo(f"funkqa: {one_line(str(key))} has no new result", err=True)


def _exit_code(done: Iterable[Comparison], refused: Iterable[Refused], files: Iterable[ResultFile]) -> int:
    named = {str(file.path) for file in files if file.named}
    if any(file.name in named for file in refused):
        return int(ExitCode.USAGE)
    failed = any(each.judgement is Judgement.FAILED for each in done) or any(file.new for file in refused)
    return int(ExitCode.FINDINGS if failed else ExitCode.PASSED)


def _part(text: str | None) -> Fraction | None:
    """``1.0pp`` or ``1%`` as a part of 1."""
    if text is None:
        return None
    match = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{1,9})?) *(?:pp|%)", text)
    part = Fraction(match[1]) / 100 if match else Fraction(2)
    if part > 1:
        raise UsageError(
            f"--tolerance {text}: write percentage points from 0pp to 100pp", hint="for example: 1.0pp"
        )
    return part
