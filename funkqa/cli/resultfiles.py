"""The result files that a command line names: files, folders of them, patterns."""

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from funkqa.model.errors import UsageError

SUFFIX = ".funkqa"


class ResultFile(NamedTuple):
    """``named``: the command line names it, and not only a folder or a pattern that has it."""

    path: Path
    named: bool


def result_files(arguments: Sequence[str]) -> tuple[ResultFile, ...]:
    """All that the arguments mean, each file once, in their order; a folder means the *.funkqa below it.

    A name that is no file is taken for one, so that whoever reads it says that it is missing; an empty folder
    means no file. Raises UsageError for a pattern that matches nothing: it may be misspelled.
    """
    found: dict[str, ResultFile] = {}
    for file in _expanded(arguments):
        real = os.path.realpath(file.path)
        if file.named or real not in found:
            found[real] = file
    return tuple(found.values())


def _expanded(arguments: Sequence[str]) -> Iterator[ResultFile]:
    for argument in arguments:
        path = Path(argument)
        if path.is_dir():
            yield from _folder(path)
        elif path.exists() or not glob.has_magic(argument):
            yield ResultFile(path, True)
        else:
            matches = sorted(glob.glob(argument, recursive=True))
            if not matches:
                raise UsageError("no file or folder matches this pattern", where=argument)
            for match in map(Path, matches):
                yield from _folder(match) if match.is_dir() else (ResultFile(match, False),)


def _folder(folder: Path) -> Iterator[ResultFile]:
    return (ResultFile(path, False) for path in sorted(folder.rglob(f"*{SUFFIX}")) if not path.is_dir())
