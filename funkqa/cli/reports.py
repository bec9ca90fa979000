"""``--report FORMAT=PATH``: what is wanted, checked before anything runs, written after all has run."""

import os
import shlex
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from funkqa.analysis.coverage import cover
from funkqa.model.coverage import Coverage
from funkqa.model.errors import FunkqaError, UsageError
from funkqa.report.formats import FORMATS
from funkqa.store.reader import read_result


class Wanted(NamedTuple):
    """A report that is wanted: its format and where it goes; ``-`` is standard output."""

    format: str
    path: str


def parse(texts: tuple[str, ...]) -> tuple[Wanted, ...]:
    """``("junit=out.xml",)`` as values. Raises UsageError for another form or an unknown format."""
    wanted = []
    for text in texts:
        name, equals, path = text.partition("=")
        if not equals or not path:
            raise UsageError(f"--report {text}: write FORMAT=PATH", hint="for example: --report junit=result.xml")
        if name not in FORMATS:
            raise UsageError(f"--report {text}: no format {name!r}", hint=f"formats: {', '.join(FORMATS)}")
        wanted.append(Wanted(name, path))
    return tuple(wanted)


def check_targets(wanted: tuple[Wanted, ...]) -> None:
    """Raises UsageError for a report that couldn't be written, before any work is done for it."""
    for report in wanted:
        if report.path != "-":
            check_target(Path(report.path))


def check_target(path: Path) -> None:
    """A file that can be made or replaced: its folder exists and is writable, and it is no folder itself."""
    if path.is_dir():
        raise UsageError("a folder stands where a file is to be written", where=str(path))
    if not path.parent.is_dir():
        raise UsageError("there is no such folder", where=str(path.parent), hint=f"mkdir -p {path.parent}")
    if not os.access(path.parent, os.W_OK):
        raise UsageError("the folder can't be written to", where=str(path.parent))


def for_recipe(wanted: tuple[Wanted, ...], recipe: str) -> tuple[Wanted, ...]:
    """Paths with ``{recipe}`` replaced by the recipe's name."""
    return tuple(Wanted(report.format, report.path.replace("{recipe}", recipe)) for report in wanted)


def load(path: Path) -> Coverage:
    """What follows from the result file at ``path``."""
    return cover(read_result(path))


def write(coverage: Coverage, wanted: tuple[Wanted, ...], result: Path | None) -> None:
    """Render and write all reports; each appears whole or not at all.

    Raises FunkqaError, which says how to make them from ``result`` if that is kept.
    """
    for report in wanted:
        text = FORMATS[report.format](coverage)
        if report.path == "-":
            sys.stdout.write(text)
        else:
            try:
                _write_whole(Path(report.path), text)
            except OSError as error:
                again = f"funkqa report {shlex.quote(str(result))} --report {report.format}=PATH"
                raise FunkqaError(
                    f"the report can't be written: {error.strerror}",
                    where=report.path,
                    hint=f"the result is kept; write it elsewhere: {again}" if result else "name another path",
                ) from error


def _write_whole(path: Path, text: str) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with open(descriptor, "w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(text)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
