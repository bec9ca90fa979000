"""The result files that a command line names: files, folders of them, patterns."""

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

SUFFIX = ".funkqa"


class ResultFile(NamedTuple):
    """``named``: the command line names it, and not only a folder or a pattern that has it."""

    path: Path
    named: bool


def result_files(arguments: Sequence[str]) -> tuple[ResultFile, ...]:
    """All that the arguments mean, each file once, in their order; a folder means the *.funkqa below it.

    A name that is no file is taken for one, so that whoever reads it says that it is missing; a pattern that
    matches nothing and an empty folder mean no file.
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
            for match in map(Path, sorted(glob.glob(argument, recursive=True))):
                yield from _folder(match) if match.is_dir() else (ResultFile(match, False),)


def _folder(folder: Path) -> Iterator[ResultFile]:
    return (ResultFile(path, False) for path in sorted(folder.rglob(f"*{SUFFIX}")) if not path.is_dir())
