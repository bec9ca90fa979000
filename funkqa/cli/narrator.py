"""How a run goes on, told on standard error."""

import sys
from types import TracebackType
from typing import Self

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column

from funkqa.report.plain import one_line

REFRESHES_PER_S = 5


class Narrator:
    """One line per stage; on a terminal one line in all, which is gone when the recipe is over.

    ``verbose``: the output of steps as it comes, which a line that is redrawn would disturb. ``quiet``:
    nothing.
    """

    def __init__(self, recipe: str, verbose: bool, quiet: bool) -> None:
        self.recipe = one_line(recipe)
        self.verbose = verbose
        self.quiet = quiet
        self._line = None if verbose or quiet else _on_terminal(self.recipe)

    def __enter__(self) -> Self:
        if self._line:
            self._line.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._line:
            self._line.end()

    def stage(self, text: str) -> None:
        said = f"{self.recipe}: {one_line(text)}"
        if self._line:
            self._line.say(said)
        elif not self.quiet:
            click.echo(said, err=True)

    def output(self, chunk: bytes) -> None:
        if self.verbose:
            sys.stderr.buffer.write(chunk)
            sys.stderr.buffer.flush()


class _Line:
    """The line of a terminal that is redrawn: recipe and stage, and the time since the recipe began."""

    def __init__(self, console: Console, recipe: str) -> None:
        stage = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, ratio=1))
        self._progress = Progress(
            SpinnerColumn(),
            stage,
            TimeElapsedColumn(),
            console=console,
            transient=True,
            expand=True,
            refresh_per_second=REFRESHES_PER_S,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task: TaskID = self._progress.add_task(recipe, total=None)

    def begin(self) -> None:
        self._progress.start()

    def say(self, text: str) -> None:
        self._progress.update(self._task, description=text, refresh=True)

    def end(self) -> None:
        self._progress.stop()


def _on_terminal(recipe: str) -> _Line | None:
    """None where standard error can't redraw a line: a pipe, a file, a terminal without a cursor."""
    if not sys.stderr.isatty():
        return None
    console = Console(stderr=True)
    return None if console.is_dumb_terminal else _Line(console, recipe)
