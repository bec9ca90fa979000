"""Where packages are installed and measured: a throw-away root or the running system."""

import errno
import os
import shlex
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from funkqa.model.errors import CommandFailed, LeftChanged, PackageError
from funkqa.model.place import RUNNING_SYSTEM, Place
from funkqa.packages import backend, rpmdb, rpmfiles
from funkqa.packages.rpmfiles import RpmFile
from funkqa.pipeline.sourcetext import SourceText
from funkqa.runner import sandbox
from funkqa.system import files, process

REPOSITORIES = "/run/funkqa/repositories"
"""Where a throw-away root sees the directories that are named as repositories."""

RPM_FILES = "/run/funkqa/packages"
"""Where a throw-away root sees the folders of package files."""

TEMPORARY = "/var/tmp"
FULL_BYTES = 1_000_000
"""A throw-away root with less room than this can't take any package."""


class Debuginfo(Enum):
    """Where a run may take debug files from, beside those that are installed already or in the cache."""

    INSTALL = "install"
    """The package manager installs debuginfo packages; for what it hasn't, debuginfod is asked."""
    DOWNLOAD = "download"
    """The package manager downloads them; they are unpacked into the cache, not installed."""
    DEBUGINFOD = "debuginfod"
    """Only debuginfod is asked."""
    OFF = "off"
    """Nobody is asked."""


ASKED = (Debuginfo.INSTALL, Debuginfo.DOWNLOAD)
"""Ways in which the package manager is asked for debuginfo."""


@dataclass(frozen=True, slots=True)
class Target:
    """What the command line says of the place.

    ``root`` is the lower layer of the throw-away root; ``repositories`` are URIs or directories added for
    this run; ``remove``: take what was installed off the running system again; ``rpms`` are package files that
    are installed by rpm, in place of any package manager.
    """

    sandbox: bool = True
    root: Path = Path("/")
    sandbox_directory: Path | None = None
    backend: str | None = None
    repositories: tuple[str, ...] = ()
    remove: bool = False
    debuginfo: Debuginfo = Debuginfo.INSTALL
    rpms: tuple[Path, ...] = ()
    sources: SourceText = SourceText.INSTALLED

    @property
    def rpm_folders(self) -> dict[Path, str]:
        """Each folder that holds one of ``rpms``, and where the place sees it."""
        folders = dict.fromkeys(path.resolve().parent for path in self.rpms)
        if not self.sandbox:
            return {folder: str(folder) for folder in folders}
        return {folder: f"{RPM_FILES}/{number}" for number, folder in enumerate(folders)}


@contextmanager
def opened(target: Target) -> Iterator[tuple[Place, tuple[str, ...]]]:
    """The place, and the URIs of the repositories as it sees them; errors name them as the command line does."""
    if not target.sandbox:
        yield RUNNING_SYSTEM, tuple(_uri(text, text) for text in target.repositories)
        return
    inside = {f"{REPOSITORIES}/{number}": text for number, text in enumerate(target.repositories)}
    binds = {path: Path(text) for path, text in inside.items() if Path(text).is_dir()}
    binds |= {path: folder for folder, path in target.rpm_folders.items()}
    with sandbox.opened(lower=target.root, upper=target.sandbox_directory, binds=binds) as place:
        uris = {_uri(text, path): text for path, text in inside.items()}
        try:
            yield place, tuple(uris)
        except PackageError as error:
            shown = {f"{path}/": f"{folder}/" for folder, path in target.rpm_folders.items()}
            for uri, text in (*uris.items(), *inside.items(), *shown.items()):
                error.message = error.message.replace(uri, text)
                error.hint = error.hint.replace(uri, text)
            tell_if_full(error, files.free_bytes(place.path("/")), target)
            raise


def tell_if_full(error: PackageError, left: int, target: Target) -> None:
    """Without room (``left`` bytes) no package manager works, and each says something else of it."""
    if left < FULL_BYTES or os.strerror(errno.ENOSPC) in error.message:
        upper = target.sandbox_directory
        error.message = f"the throw-away root is full ({left // 1000} kB are left): {error.message}"
        error.hint = "give it room: --sandbox-dir DIR, on a file system with some GB left" + (
            f"; see what is left: df -h {shlex.quote(str(upper))}" if upper else ""
        )


def package_files(target: Target) -> tuple[RpmFile, ...]:
    """The package files of the command line. Raises PackageError for one that is none."""
    folders = target.rpm_folders
    paths = [path.resolve() for path in target.rpms]
    return rpmfiles.read_files([(path, f"{folders[path.parent]}/{path.name}") for path in paths])


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
    """Remove on leaving what was installed since; what only took the place of an older version stays.

    Raises LeftChanged if something stays, or if rpm refuses.
    """
    before = rpmdb.installed(place.root)
    try:
        yield
    finally:
        after = rpmdb.installed(place.root)
        gone = sorted(before - after)
        replaced = {package.name for package in gone}
        new = [str(each) for each in sorted(after - before) if each.name not in replaced]
        left, reason = _erased(place, home, new)
        if gone:
            kept = f", and {', '.join(left)} can't be removed for that" if left else ""
            raise LeftChanged(
                f"the installation replaced {', '.join(map(str, gone))}{kept}",
                hint=f"go back: {backend.downgrade(place, [str(each) for each in gone])}",
            )
        if left:
            raise LeftChanged(
                f"packages that were installed can't be removed: {reason}", hint=f"rpm -e {' '.join(left)}"
            )


def _erased(place: Place, home: Path, packages: Sequence[str]) -> tuple[Sequence[str], str]:
    """Remove packages, all at once or as many as go one by one; those that stay, and why."""
    if not packages or not (reason := _erase(place, home, packages)):
        return (), ""
    left, before = list(packages), 0
    while len(left) != before:
        before = len(left)
        left = [each for each in left if _erase(place, home, [each])]
    return left, reason


def _erase(place: Place, home: Path, packages: Sequence[str]) -> str:
    """Why rpm refuses to remove these; empty once they are gone."""
    try:
        process.run(["rpm", "--erase", *packages], enter=place.enter, environment={"HOME": str(home)})
    except CommandFailed as error:
        return error.message
    return ""


def _uri(text: str, path: str) -> str:
    """A directory as a URI that every package manager takes; ``path`` is where the place sees it."""
    return f"file://{Path(path).resolve() if path == text else path}" if Path(text).is_dir() else text
