"""The text of source files, as -debugsource packages install it below ``/usr/src/debug``."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from funkqa.model.place import Place

SOURCES = "/usr/src/debug"
USUAL_BYTES = 4 << 20
"""How much source text a result holds unless all of it is asked for."""

LARGEST_FILE = 32 << 20
"""More than any source that a person reads; what is larger is left out."""


def read_texts(place: Place, wanted: Iterable[tuple[str, str]], limit: int) -> dict[tuple[str, str], str]:
    """The texts of the wanted files, (source RPM, file as in ``Function.file``), by these.

    The first ones are taken until ``limit`` bytes are full; one that doesn't fit is left out, as is what isn't
    installed.
    """
    folders = _folders(place)
    texts: dict[tuple[str, str], str] = {}
    for rpm, file in wanted:
        if (content := _read(_candidates(folders, rpm, file), min(limit, LARGEST_FILE))) is not None:
            texts[rpm, file] = content.decode("utf-8", "replace")
            limit -= len(texts[rpm, file].encode())
    return texts


def _folders(place: Place) -> Sequence[Path]:
    """One for each package that was built: ``bzip2-1.0.8-5.1.x86_64``."""
    try:
        with os.scandir(place.path(SOURCES)) as entries:
            return sorted(Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return ()


def _candidates(folders: Sequence[Path], rpm: str, file: str) -> list[Path]:
    """Where the file may be: in folders of its source RPM only, whose names begin with its name and version."""
    name, _, _release = rpm.removesuffix(".src.rpm").rpartition("-")
    path = PurePosixPath(file)
    if not name or path.is_absolute() or ".." in path.parts or not path.parts:
        return []
    return [folder / path for folder in folders if folder.name == name or folder.name.startswith(f"{name}-")]


def _read(candidates: Sequence[Path], most: int) -> bytes | None:
    """The first candidate that is a regular file of at most so many bytes, reached without a symbolic link."""
    for path in candidates:
        if any(parent.is_symlink() for parent in (path, *path.parents) if SOURCES.lstrip("/") in str(parent)):
            continue
        try:
            if path.is_file() and path.stat().st_size <= most:
                return path.read_bytes()
        except OSError:
            continue
    return None
