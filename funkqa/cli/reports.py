"""``--report FORMAT=PATH``: what is wanted, checked before anything runs, written after all has run."""

import os
import secrets
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, TextIO, TypeVar

from funkqa.analysis.coverage import cover
from funkqa.analysis.update import updated
from funkqa.cli import streams
from funkqa.model.change import Changes
from funkqa.model.coverage import Coverage
from funkqa.model.errors import FunkqaError, UsageError
from funkqa.pipeline.listener import SILENT, Listener, counted
from funkqa.report import facts
from funkqa.report.changed import reading
from funkqa.report.formats import FORMATS
from funkqa.report.plain import spelled
from funkqa.report.suggest import NARROWEST, suggestions
from funkqa.report.text import render as render_text
from funkqa.store.creation import refuse_special
from funkqa.store.reader import read_result

Renderer = Callable[[Coverage], str]
Subject = TypeVar("Subject")

_LONGEST_PREFIX = 200
_NAMED = 3

SQLITE = b"SQLite format 3\0"
"""How a result file begins."""


class Wanted(NamedTuple):
    """A report that is wanted: its format and where it goes; ``-`` is standard output."""

    format: str
    path: str


def parse(texts: tuple[str, ...], formats: Collection[str] = FORMATS) -> tuple[Wanted, ...]:
    """``("junit=out.xml",)`` as values. Raises UsageError for another form or an unknown format."""
    wanted = []
    for text in texts:
        name, equals, path = text.partition("=")
        if not equals or not path:
            raise UsageError(f"--report {text}: write FORMAT=PATH", hint="for example: --report junit=result.xml")
        if name not in formats:
            raise UsageError(f"--report {text}: no format {name!r}", hint=f"formats: {', '.join(formats)}")
        wanted.append(Wanted(name, path))
    return tuple(wanted)


def check_targets(wanted: tuple[Wanted, ...], kept: Iterable[Path] = ()) -> None:
    """Raises UsageError for a report that couldn't be written, or would replace one of the files ``kept``.

    Before any work is done for it.
    """
    precious = {os.path.realpath(path) for path in kept}
    for report in wanted:
        if report.path != "-":
            check_target(Path(report.path))
            if os.path.realpath(report.path) in precious:
                raise UsageError(
                    f"the {report.format} report would replace this file",
                    where=report.path,
                    hint="give it a path of its own",
                )
    paths = [os.path.realpath(report.path) if report.path != "-" else "-" for report in wanted]
    for path in paths:
        if paths.count(path) > 1 and not _takes_several(Path(path)):
            raise UsageError(
                "two reports can't be written to one place",
                where="standard output" if path == "-" else path,
                hint="give each --report a path of its own",
            )


def check_target(path: Path) -> None:
    """A file that can be made or replaced: its folder exists and is writable, and it is no folder itself.

    A device or pipe that can be written to will do as well.
    """
    if path.is_dir():
        raise UsageError("a folder stands where a file is to be written", where=str(path))
    if path.exists() and not path.is_file():
        if not os.access(path, os.W_OK):
            raise UsageError("it can't be written to", where=str(path))
        return
    if not path.parent.is_dir():
        raise UsageError("there is no such folder", where=str(path.parent), hint=f"mkdir -p {path.parent}")
    if not os.access(path.parent, os.W_OK):
        raise UsageError("the folder can't be written to", where=str(path.parent))


def check_result(path: Path, kept: Iterable[Path] = ()) -> None:
    """The same for a result file: it may replace another one, and nothing else."""
    refuse_special(path)
    check_target(path)
    if os.path.realpath(path) in {os.path.realpath(each) for each in kept}:
        raise UsageError("the result would replace this file", where=str(path), hint="name another with -o")
    if path.is_file():
        with path.open("rb") as stream:
            if stream.read(len(SQLITE)) not in (SQLITE, b""):
                raise UsageError(
                    "a file that is no result stands here, and would be replaced",
                    where=str(path),
                    hint="name another with -o, or remove it",
                )


def _takes_several(path: Path) -> bool:
    """``/dev/null`` and the like."""
    return path.is_char_device()


def for_recipe(wanted: tuple[Wanted, ...], recipe: str) -> tuple[Wanted, ...]:
    """Paths with ``{recipe}`` replaced by the recipe's name."""
    return tuple(Wanted(report.format, report.path.replace("{recipe}", recipe)) for report in wanted)


def load(path: Path) -> Coverage:
    """What follows from the result file at ``path``."""
    return cover(read_result(path))


def read_changes(path: Path) -> Changes:
    """What `funkqa changed` has written as JSON. Raises UsageError for another file."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"the changes can't be read: {error.strerror}", where=str(path)) from error
    return reading.parsed(content, str(path))


def highlighted(coverage: Coverage, changes: Changes, path: Path) -> Coverage:
    """The coverage with the changes that reports then mark.

    Raises UsageError if they are of another package, or if the run measured the build before the update.
    """
    builds = {package.nevra for package in coverage.measurement.run.packages}
    if not builds & set(changes.new.packages) and (before := builds & set(changes.old.packages)):
        raise UsageError(
            f"the run measured the build before the update: {_some(sorted(before))}",
            where=str(path),
            hint="report a run of the new build: its functions are those that the changes are about",
        )
    if (marked := updated(coverage, changes)) is not None:
        return marked
    images = dict.fromkeys(
        f"{each.image} of {each.package or 'no package'} ({each.arch})" for each in changes.images
    )
    measured = dict.fromkeys(each.image.package or each.image.path for each in coverage.images)
    raise UsageError(
        "the changes are of no image that the run measured: "
        f"{_some(images) or 'of none'}; the run measured {_some(measured) or 'none'}",
        where=str(path),
        hint="compare builds of what was measured: funkqa changed OLD NEW --report json=CHANGES.json",
    )


def _some(names: Iterable[str]) -> str:
    every = tuple(map(spelled, names))
    more = f" and {len(every) - _NAMED} more" if len(every) > _NAMED else ""
    return ", ".join(every[:_NAMED]) + more


def shown(coverage: Coverage, stream: TextIO) -> str:
    """The report as text, for whoever reads the stream."""
    return render_text(coverage, width=shutil.get_terminal_size().columns, colour=streams.coloured(stream))


def suggested(coverage: Coverage) -> str:
    """What to test next, for whoever reads standard output."""
    return suggestions(coverage, max(NARROWEST, shutil.get_terminal_size().columns))


def check_suggest(wanted: bool, targets: tuple[Wanted, ...]) -> None:
    """Raises UsageError if suggestions would stand within a report."""
    if wanted and any(target.path == "-" for target in targets):
        raise UsageError("--suggest goes to standard output, where a report goes too", hint="give --report a path")


class Written(NamedTuple):
    """What became of the reports: texts for standard output, and those that couldn't be written, and why."""

    printed: tuple[str, ...]
    failed: tuple[tuple[Wanted, str], ...]

    def end(self, result: Path | None) -> None:
        """Print what goes to standard output, and raise FunkqaError if a report couldn't be written.

        The error says how to make it from ``result``, if that is kept.
        """
        try:
            for text in self.printed:
                sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise streams.fault(error) from error
        if not self.failed:
            return
        options = " ".join(f"--report {report.format}=PATH" for report, _ in self.failed)
        again = f"funkqa report {shlex.quote(str(result))} {options}"
        raise FunkqaError(
            "; ".join(
                f"the report can't be written: {reason}" for reason in dict.fromkeys(r for _, r in self.failed)
            ),
            where=", ".join(report.path for report, _ in self.failed),
            hint=f"the result is kept; write it elsewhere: {again}" if result else "name another path",
        )


def write(
    coverage: Coverage,
    wanted: tuple[Wanted, ...],
    listener: Listener = SILENT,
    formats: Mapping[str, Renderer] = FORMATS,
) -> Written:
    """Render and write all reports; each appears whole or not at all, and one that fails disturbs no other."""
    return write_rendered(coverage, wanted, formats, listener)


def write_rendered(
    subject: Subject,
    wanted: tuple[Wanted, ...],
    formats: Mapping[str, Callable[[Subject], str]],
    listener: Listener = SILENT,
) -> Written:
    """The same for what else there are reports of."""
    printed, failed = [], []
    if wanted:
        listener.stage(f"writing {facts.counted(len(wanted), 'report')}")
    for report in counted(wanted, listener):
        try:
            if report.path == "-":
                printed.append(formats[report.format](subject))
            else:
                # The text has no name here, so that it is gone before the next one is made.
                _write_whole(Path(report.path), formats[report.format](subject))
        except OSError as error:
            failed.append((report, error.strerror or str(error)))
        except Exception as error:  # whatever is wrong with one format
            if os.environ.get("FUNKQA_TRACEBACK"):
                raise
            failed.append((report, f"a bug in funkqa: {type(error).__name__}: {error}"))
    return Written(tuple(printed), tuple(failed))


def rescued(result: Path) -> Path:
    """Where the result stays that would otherwise go with a temporary folder."""
    descriptor, name = tempfile.mkstemp(prefix="trace-", suffix=".funkqa")
    os.close(descriptor)
    return Path(shutil.copyfile(result, name))


def _write_whole(path: Path, text: str) -> None:
    if path.exists() and not path.is_file():
        # A terminal, a pipe or /dev/null: what is there must stay what it is.
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
        return
    # Made by open(2), not by mkstemp(3), so that it gets the mode that the user's umask leaves.
    beside = path.with_name(f".{path.name[:_LONGEST_PREFIX]}-{secrets.token_hex(8)}")
    with beside.open("x", encoding="utf-8", errors="backslashreplace") as stream:
        try:
            stream.write(text)
            stream.flush()
            os.replace(beside, path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
