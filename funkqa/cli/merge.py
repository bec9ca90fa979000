"""``funkqa merge``: several runs of one recipe on one build become one result."""

import os
import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from funkqa.analysis.coverage import cover
from funkqa.analysis.merge import Merge
from funkqa.analysis.merge_shards import ends, parts
from funkqa.cli import reports
from funkqa.cli.resultfiles import SUFFIX, ResultFile, result_files
from funkqa.model.errors import ExitCode, ForeignFileError, ResultFileError, UsageError
from funkqa.model.measurement import Measurement, ShardState
from funkqa.report.plain import one_line
from funkqa.store.inventory import Inventories
from funkqa.store.reader import read_result
from funkqa.store.whole import write_result

TOLD = {state.value: state for state in (ShardState.MISSING, ShardState.CRASHED, ShardState.TIMED_OUT)}


@click.command("merge")
@click.argument("results", nargs=-1, required=True, metavar="RESULT...")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The result file to write.")
@click.option(
    "--absent",
    multiple=True,
    metavar="NAME=STATE",
    help=f"A run of this name has no result: {', '.join(TOLD)}.",
)
def command(results: tuple[str, ...], output: Path, absent: tuple[str, ...]) -> None:
    """Merge result files of the same recipe and build, from several runs, shards or machines.

    A RESULT is a file, a folder of *.funkqa, or a pattern in quotes. A function is covered if any run covers it;
    a step has its worst outcome, its longest time and its earliest start; costs are sums. The order doesn't
    matter, a run that is given twice counts once, and a merged result may be merged again.

    A run whose file is missing or can't be read, or that --absent names, is part of the result as such: its
    coverage is unknown, never zero. It is forgotten once a merge finds its whole result under the same name,
    or under a path that ends so. A file that is no result file and isn't called *.funkqa is refused.
    Results of different builds are refused; funkqa compare is for these.

    Exit codes: 0; 1, some run has no whole result; 2, other recipes or builds, or a wrong command line; 3, no run
    has a result.
    """
    told = _all_told(absent)
    if str(output) == "-":
        raise UsageError("a result file can't be written to standard output", hint="name a file: -o all.funkqa")
    reports.check_target(output)
    merge, known = Merge(), Inventories()
    named = _named(result_files(results), told)
    for name, state in told.items():
        merge.absent(name, state, "")
    for name, path in named.items():
        try:
            measurement = read_result(path, known)
        except ResultFileError as error:
            if isinstance(error, ForeignFileError) and path.suffix != SUFFIX:
                raise UsageError(
                    error.message, where=str(path), hint=f"if a run has no result: --absent {path}=crashed"
                ) from error
            state = ShardState.UNREADABLE if path.exists() else ShardState.MISSING
            merge.absent(name, state, error.message)
        else:
            merge.add(name, measurement)
    result = merge.result()
    write_result(output, result)
    _say(result, output)
    raise click.exceptions.Exit(int(ExitCode.PASSED if result.complete else ExitCode.FINDINGS))


def _named(files: Sequence[ResultFile], told: Iterable[str]) -> dict[str, Path]:
    """The files by the names that they have in the result.

    ``r.funkqa`` beside ``../1/r.funkqa`` would be taken for the same run, and has its whole path as name.
    Raises UsageError for a name of ``told`` that may be any of several files.
    """
    counts = Counter(end for file in files for end in ends(str(file.path)))
    for name in told:
        if counts[parts(name)] > 1:
            raise UsageError(f"--absent {name}: several results end so", hint="write more of its path")
    paths = (file.path for file in files)
    return {os.path.abspath(path) if counts[parts(str(path))] > 1 else str(path): path for path in paths}


def _all_told(texts: Iterable[str]) -> dict[str, ShardState]:
    told: dict[str, ShardState] = {}
    for text in texts:
        name, state = _told(text)
        if told.setdefault(name, state) is not state:
            raise UsageError(f"--absent {text}: the same run is also said to be {told[name].value}")
    return told


def _told(text: str) -> tuple[str, ShardState]:
    name, _, state = text.rpartition("=")
    if not name or state not in TOLD:
        raise UsageError(f"--absent {text}: write NAME=STATE", hint=f"states: {', '.join(TOLD)}")
    return os.path.normpath(name), TOLD[state]


def _say(result: Measurement, output: Path) -> None:
    for shard in result.shards:
        if shard.state is not ShardState.COMPLETE:
            reason = f": {one_line(shard.reason)}" if shard.reason else ""
            click.echo(f"funkqa: {one_line(shard.name)}: {shard.state.value}{reason}", err=True)
    runs, whole = len(result.shards), sum(shard.state is ShardState.COMPLETE for shard in result.shards)
    count = f"{runs} {'run' if runs == 1 else 'runs'}{'' if whole == runs else f', {whole} whole'}"
    click.echo(f"{one_line(result.run.recipe)}: {cover(result).ratio}, {count}")
    click.echo(f"\nwritten: {output}; its reports: funkqa report {shlex.quote(str(output))}", err=True)
