"""Where packages are installed and measured: a throw-away root or the running system."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from funkqa.model.errors import CommandFailed, LeftChanged
from funkqa.model.place import RUNNING_SYSTEM, Place
from funkqa.packages import rpmdb
from funkqa.runner import sandbox
from funkqa.system import process

REPOSITORIES = "/run/funkqa/repositories"
"""Where a throw-away root sees the directories that are named as repositories."""

TEMPORARY = "/var/tmp"


@dataclass(frozen=True, slots=True)
class Target:
    """What the command line says of the place.

    ``root`` is the lower layer of the throw-away root; ``repositories`` are URIs or directories added for
    this run; ``remove``: take what was installed off the running system again.
    """

    sandbox: bool = True
    root: Path = Path("/")
    sandbox_directory: Path | None = None
    backend: str | None = None
    repositories: tuple[str, ...] = ()
    remove: bool = False


@contextmanager
def opened(target: Target) -> Iterator[tuple[Place, tuple[str, ...]]]:
    """The place, and the URIs of the repositories as it sees them."""
    if not target.sandbox:
        yield RUNNING_SYSTEM, tuple(_uri(text, text) for text in target.repositories)
        return
    inside = {f"{REPOSITORIES}/{number}": text for number, text in enumerate(target.repositories)}
    binds = {path: Path(text) for path, text in inside.items() if Path(text).is_dir()}
    with sandbox.opened(lower=target.root, upper=target.sandbox_directory, binds=binds) as place:
        yield place, tuple(_uri(text, path) for path, text in inside.items())


@contextmanager
def home(place: Place) -> Iterator[Path]:
    """A HOME for package managers, inside the place: rpm on Debian keeps its database in HOME otherwise."""
    with tempfile.TemporaryDirectory(prefix="funkqa-home-", dir=place.path(TEMPORARY)) as directory:
        Path(directory, ".rpmmacros").write_text(f"%_dbpath {rpmdb.database_macro(place.root)}\n")
        yield Path(TEMPORARY, Path(directory).name)


@contextmanager
def work_directory(place: Place) -> Iterator[str]:
    """An empty directory that the steps of a recipe share; its path inside the place."""
    with tempfile.TemporaryDirectory(prefix="funkqa-work-", dir=place.path(TEMPORARY)) as directory:
        os.chmod(directory, 0o1777)  # for steps of other users
        yield f"{TEMPORARY}/{Path(directory).name}"


@contextmanager
def removed_again(place: Place, home: Path) -> Iterator[None]:
    """Remove on leaving what was installed since. Raises LeftChanged if rpm refuses."""
    before = rpmdb.installed(place.root)
    try:
        yield
    finally:
        new = sorted(rpmdb.installed(place.root) - before)
        if new:
            try:
                process.run(["rpm", "--erase", *new], enter=place.enter, environment={"HOME": str(home)})
            except CommandFailed as error:
                raise LeftChanged(
                    f"packages that were installed can't be removed: {error.message}",
                    hint=f"rpm -e {' '.join(new)}",
                ) from error


def _uri(text: str, path: str) -> str:
    """A directory as a URI that every package manager takes; ``path`` is where the place sees it."""
    return f"file://{Path(path).resolve() if path == text else path}" if Path(text).is_dir() else text
