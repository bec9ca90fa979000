"""Symbolic links of another root: the kernel would follow absolute ones from the root of this process."""

import errno
import os
from pathlib import Path

MAX_LINKS = 40
"""As many as the kernel follows (path_resolution(7))."""


def real_folder(root: Path, inside: str) -> str:
    """The folder ``inside`` (absolute in ``root``) without symbolic links, ``..`` or a way out of the root.

    What doesn't exist is taken as it is written. Raises OSError (ELOOP) for links that lead nowhere.
    """
    done: list[str] = []
    todo = _parts(inside)
    links = 0
    while todo:
        part = todo.pop()
        if part == "..":
            del done[-1:]
            continue
        done.append(part)
        try:
            target = os.readlink(root.joinpath(*done))
        except OSError:
            continue
        links += 1
        if links > MAX_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), inside)
        del done[0 if target.startswith("/") else -1 :]
        todo += _parts(target)
    return "/" + "/".join(done)


def _parts(path: str) -> list[str]:
    """The names of a path, the last one first."""
    return [part for part in reversed(path.split("/")) if part not in ("", ".")]
