"""How a run goes on, told on standard error."""

import codecs
import sys
from types import TracebackType
from typing import Self

import click
from rich.console import Console, RenderableType
from rich.progress import Progress, ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.progress_bar import ProgressBar
from rich.table import Column
from rich.text import Text

from funkqa.report.plain import one_line, plain

REFRESHES_PER_S = 5
BAR_WIDTH = 16


class Narrator:
    """One line per stage; on a terminal one line in all, which is gone when the recipe is over.

    How much of a stage is done is a bar and a count on a terminal, and isn't told elsewhere: lines would be many.
    ``verbose``: the output of steps as it comes, which a line that is redrawn would disturb. ``quiet``:
    nothing.
    """

    def __init__(self, recipe: str, verbose: bool, quiet: bool) -> None:
        self.recipe = one_line(recipe)
        self.verbose = verbose
        self.quiet = quiet
        self._line = None if verbose or quiet else _on_terminal(self.recipe)
        self._output = _Output()

    def __enter__(self) -> Self:
        if self._line:
            self._line.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.output(b"", last=True)
        if self._line:
            self._line.end()

    def stage(self, text: str) -> None:
        self.output(b"", last=True)
        said = f"{self.recipe}: {one_line(text)}"
        if self._line:
            self._line.say(said)
        elif not self.quiet:
            click.echo(said, err=True)

    def progress(self, done: int, total: int) -> None:
        if self._line:
            self._line.count(done, total)

    def output(self, chunk: bytes, last: bool = False) -> None:
        if self.verbose:
            sys.stderr.write(self._output.shown(chunk, last))
            sys.stderr.flush()


class _Output:
    """Output of steps that comes in pieces, as reports show it: what can't be printed is made visible."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        self._kept = ""

    def shown(self, chunk: bytes, last: bool) -> str:
        text = self._kept + self._decoder.decode(chunk, last)
        # With a newline behind it, it is the end of a line.
        self._kept = "\r" if text.endswith("\r") and not last else ""
        return plain(text.removesuffix(self._kept))


class _Bar(ProgressColumn):
    """A bar while there is something to count."""

    def render(self, task: Task) -> RenderableType:
        done, wanted = task.fields["done"], task.fields["wanted"]
        return ProgressBar(wanted, done, width=BAR_WIDTH) if wanted else Text()


class _Count(ProgressColumn):
    """``3/12`` while there is something to count."""

    def render(self, task: Task) -> RenderableType:
        done, wanted = task.fields["done"], task.fields["wanted"]
        return Text(f"{done}/{wanted}" if wanted else "")


class _Line:
    """The line of a terminal that is redrawn: recipe, stage, how much is done, time since the beginning."""

    def __init__(self, console: Console, recipe: str) -> None:
        stage = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, ratio=1))
        self._progress = Progress(
            SpinnerColumn(),
            stage,
            _Bar(),
            _Count(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            expand=True,
            refresh_per_second=REFRESHES_PER_S,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        # What is done has fields of its own: the clock of a task stops when it has all of its total.
        self._task: TaskID = self._progress.add_task(recipe, total=None, done=0, wanted=0)

    def begin(self) -> None:
        self._progress.start()

    def say(self, text: str) -> None:
        self._progress.update(self._task, description=text, done=0, wanted=0, refresh=True)

    def count(self, done: int, total: int) -> None:
        self._progress.update(self._task, done=done, wanted=total, refresh=True)

    def end(self) -> None:
        self._progress.stop()


def _on_terminal(recipe: str) -> _Line | None:
    """None where standard error can't redraw a line: a pipe, a file, a terminal without a cursor."""
    if not sys.stderr.isatty():
        return None
    console = Console(stderr=True)
    return None if console.is_dumb_terminal else _Line(console, recipe)
