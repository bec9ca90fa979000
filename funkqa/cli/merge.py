"""``funkqa merge``: several runs of one recipe on one build become one result."""

import shlex
from pathlib import Path

import click

from funkqa.analysis.coverage import cover
from funkqa.analysis.merge import Merge
from funkqa.cli import reports
from funkqa.cli.resultfiles import result_files
from funkqa.model.errors import ExitCode, ResultFileError, UsageError
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
    coverage is unknown, never zero. It is forgotten once a merge finds its whole result under the same name.
    Results of different builds are refused; funkqa compare is for these.

    Exit codes: 0; 1, some run has no whole result; 2, other recipes or builds; 3, no run has a result.
    """
    told = dict(map(_told, absent))
    reports.check_target(output)
    merge, known = Merge(), Inventories()
    for name, state in told.items():
        merge.absent(name, state, "")
    for file in result_files(results):
        try:
            measurement = read_result(file.path, known)
        except ResultFileError as error:
            state = ShardState.UNREADABLE if file.path.exists() else ShardState.MISSING
            merge.absent(str(file.path), state, error.message)
        else:
            merge.add(str(file.path), measurement)
    result = merge.result()
    write_result(output, result)
    _say(result, output)
    raise click.exceptions.Exit(int(ExitCode.PASSED if result.complete else ExitCode.FINDINGS))


def _told(text: str) -> tuple[str, ShardState]:
    name, _, state = text.rpartition("=")
    if not name or state not in TOLD:
        raise UsageError(f"--absent {text}: write NAME=STATE", hint=f"states: {', '.join(TOLD)}")
    return name, TOLD[state]


def _say(result: Measurement, output: Path) -> None:
    for shard in result.shards:
        if shard.state is not ShardState.COMPLETE:
            reason = f": {one_line(shard.reason)}" if shard.reason else ""
            click.echo(f"funkqa: {one_line(shard.name)}: {shard.state.value}{reason}", err=True)
    runs, whole = len(result.shards), sum(shard.state is ShardState.COMPLETE for shard in result.shards)
    count = f"{runs} {'run' if runs == 1 else 'runs'}{'' if whole == runs else f', {whole} whole'}"
    click.echo(f"{one_line(result.run.recipe)}: {cover(result).ratio}, {count}")
    click.echo(f"\nwritten: {output}; its reports: funkqa report {shlex.quote(str(output))}", err=True)
