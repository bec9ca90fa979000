"""``funkqa trace``: measure one command on the running system."""

import errno
import os
import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import click

from funkqa.cli import completion, reports, streams
from funkqa.cli.filters import measure_of
from funkqa.cli.main import complain
from funkqa.cli.tracing import mode_options
from funkqa.model.errors import FunkqaError
from funkqa.pipeline.command import Subject, measure_command
from funkqa.system import foreground, locks
from funkqa.system.starter import NOT_EXECUTABLE, NOT_FOUND
from funkqa.trace.session import Mode

FUNKQA_FAILED = 125
"""As env(1) has it: the code for a failure that isn't the command's."""


@click.command("trace", context_settings={"allow_interspersed_args": False})
@click.option("--package", "packages", multiple=True, metavar="NAME", help="Measure this installed package.")
@click.option("--elf", "files", multiple=True, type=click.Path(path_type=Path), help="Measure this ELF file.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Keep the result file.")
@click.option(
    "--report",
    "wanted",
    multiple=True,
    metavar="FORMAT=PATH",
    shell_complete=completion.reports,
    help="Write a report.",
)
@click.option(
    "--include",
    multiple=True,
    metavar="RE",
    help="Only functions whose demangled name matches; file:RE, image:RE: of such files.",
)
@click.option(
    "--exclude",
    multiple=True,
    metavar="RE",
    help="No functions whose demangled name matches; file:RE and image:RE as well.",
)
@mode_options
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND [ARG]...")
def command(
    packages: tuple[str, ...],
    files: tuple[Path, ...],
    output: Path | None,
    wanted: tuple[str, ...],
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    mode: Mode,
    command: tuple[str, ...],
) -> None:
    """Measure which functions one COMMAND runs, on the running system, without a recipe.

    Without --package and --elf the program itself is measured. The command keeps its terminal, descriptors and
    signals, and its exit code is funkqa's: a death by signal is repeated. 125: funkqa failed; 126 and 127: as
    env(1) has them. Without -o and --report a report goes to standard error.
    """
    unavailable = _why_not(command[0])
    if unavailable:
        complain(FunkqaError(os.strerror(unavailable), where=command[0] or "the name of the program is empty"))
        raise click.exceptions.Exit(NOT_FOUND if unavailable == errno.ENOENT else NOT_EXECUTABLE)
    try:
        targets = reports.parse(wanted)
        reports.check_targets(targets, [output] if output else [])
        with ExitStack() as undo:
            undo.enter_context(locks.session())
            folder = undo.enter_context(tempfile.TemporaryDirectory(prefix="funkqa-trace-"))
            result = output or Path(folder, "result.funkqa")
            reports.check_result(result)
            returncode = measure_command(
                command,
                Subject(packages, files),
                measure_of(include, exclude),
                mode,
                result,
            )
            coverage = reports.load(result)
            written = reports.write(coverage, targets)
            if written.failed and output is None:
                output = reports.rescued(result)
            written.end(output)
            if not (output or targets):
                click.echo(reports.shown(coverage, sys.stderr), nl=False, err=True)
    except (FunkqaError, OSError) as error:
        complain(error if isinstance(error, FunkqaError) else streams.fault(error))
        raise click.exceptions.Exit(FUNKQA_FAILED) from error
    if returncode < 0:
        sys.stderr.flush()
        foreground.die_of(-returncode)
    raise click.exceptions.Exit(returncode if returncode >= 0 else 128 - returncode)


def _why_not(program: str) -> int:
    """The errno of why the program can't be executed; 0 if it can."""
    if shutil.which(program):
        return 0
    return errno.EACCES if "/" in program and Path(program).exists() else errno.ENOENT
