"""The debug file and supplementary file of an image, by build ID and never by name.

Layout: ``/usr/lib/debug/.build-id/ab/cdef.debug`` (find-debuginfo of rpm, "Separate Debug Files" of gdb).
"""

from collections.abc import Iterator
from pathlib import Path

from funkqa.elf.image import AltLink, ElfFacts, read_facts
from funkqa.model.errors import ElfError
from funkqa.model.place import Place
from funkqa.model.units import BuildId

DEBUG_ROOT = "/usr/lib/debug"
MAX_LINKS = 40
"""As many as the kernel follows (path_resolution(7))."""


def debug_path(build_id: BuildId) -> str:
    """Where the debug file of a build ID is installed, inside the root."""
    return f"{DEBUG_ROOT}/.build-id/{build_id[:2]}/{build_id[2:]}.debug"


def debug_file(place: Place, build_id: BuildId) -> Path | None:
    """The installed debug file of a build ID, as this process sees it."""
    path = place.path(debug_path(build_id))
    return path if path.is_file() else None


def supplementary_file(place: Place, debug: Path, link: AltLink) -> Path | None:
    """The dwz file that a debug file names: beside it, in ``.dwz``, or by build ID; checked by build ID."""
    for candidate in _candidates(place, debug, link):
        if is_build(candidate, link.build_id):
            return candidate
    return None


def _candidates(place: Place, debug: Path, link: AltLink) -> Iterator[Path]:
    if link.name.startswith("/"):
        yield place.path(link.name)
    else:
        yield _followed(place, debug).parent / link.name
    yield place.path(f"{DEBUG_ROOT}/.dwz/{Path(link.name).name}")
    yield place.path(debug_path(link.build_id))


def _followed(place: Place, path: Path) -> Path:
    """Where symbolic links of the place lead; ``Path.resolve`` would leave a root that is ``/proc/PID/root``."""
    for _ in range(MAX_LINKS):
        if not path.is_symlink():
            break
        target = path.readlink()
        path = place.path(str(target)) if target.is_absolute() else path.parent / target
    return path


def is_build(path: Path, build_id: BuildId) -> bool:
    """Whether the file at ``path`` is there, is whole, and carries the build ID."""
    try:
        return path.is_file() and facts_of(path).build_id == build_id
    except ElfError:
        return False


def facts_of(path: Path) -> ElfFacts:
    """The facts of the file at ``path``. Raises ElfError, also for a file that can't be opened."""
    try:
        with path.open("rb") as stream:
            return read_facts(stream, str(path))
    except OSError as error:
        raise ElfError(f"can't be read: {error.strerror}", where=str(path)) from error
