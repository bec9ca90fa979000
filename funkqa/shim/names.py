"""By what names, other than its own, the kernel knows a program: /proc/PID/comm has what was to be executed."""

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

from funkqa.shim.plan import Inode

FOLDERS = ("/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin", "/usr/local/sbin")
"""Where programs have other names, beside the folder that they are in."""

HEAD_BYTES = 256
"""How much of a script the kernel reads (``BINPRM_BUF_SIZE``)."""

EXECUTABLE = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH


def other_names(folders: Iterable[str]) -> Iterator[tuple[str, Inode]]:
    """Names in these folders, and what is executed for each: a link's program, a script's interpreter."""
    is_ours = cache(_is_ours_alone)
    for folder in {os.path.realpath(folder) for folder in folders}:
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                with suppress(OSError, ValueError):  # ValueError: an interpreter's name with a NUL in it
                    facts = entry.stat()
                    place = os.path.dirname(os.path.realpath(entry.path)) if entry.is_symlink() else folder
                    interpreter = _interpreter(entry.path) if _is_program(facts) and is_ours(place) else ""
                    if interpreter:
                        facts = os.stat(interpreter)
                    if interpreter or entry.is_symlink():
                        yield entry.name, (facts.st_dev, facts.st_ino)


def _is_ours_alone(folder: str) -> bool:
    """Nobody else may get root to open what he puts there in place of a script: a device, say."""
    return _is_closed(os.stat(folder)) and all(
        _is_closed(facts) or facts.st_mode & stat.S_ISVTX for facts in map(os.stat, Path(folder).parents)
    )


def _is_closed(folder: os.stat_result) -> bool:
    return folder.st_uid in (0, os.geteuid()) and not folder.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _is_program(facts: os.stat_result) -> bool:
    return stat.S_ISREG(facts.st_mode) and bool(facts.st_mode & EXECUTABLE)


def _interpreter(path: str) -> str:
    """What stands behind ``#!``, if the file is a script; execve(2)."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        line = os.read(descriptor, HEAD_BYTES).partition(b"\n")[0]
    finally:
        os.close(descriptor)
    words = line[2:].split(None, 1) if line.startswith(b"#!") else []
    return os.fsdecode(words[0]) if words else ""
