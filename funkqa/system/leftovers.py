"""What a killed run leaves on the running system, beside what the kernel takes back by itself.

Probes, links and throw-away roots go with their process. Cgroups, temporary directories and temporary files stay.
"""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from funkqa.model.errors import LeftChanged
from funkqa.system import cgroup, locks, mount

DIRECTORIES = ("funkqa-changed-", "funkqa-home-", "funkqa-rpmdb-", "funkqa-trace-", "funkqa-work-")
"""How the names of temporary directories begin."""

CACHED = ".new-"
"""How the name of a file in the cache begins until it is whole."""


def groups() -> Iterator[Path]:
    """Remove the cgroups of killed runs with the processes in them; yields each when it is gone.

    Raises HostUnfit if one belongs to a live session, before any is touched; LeftChanged if one can't be removed.
    """
    top = cgroup.hierarchy()
    if top is None:
        return
    found = cgroup.left(top)
    for group in found:
        if locks.is_owned(group):
            raise locks.Beside(locks.holders(group))
    for group in found:
        cgroup.clear(group)
        yield group
    if cgroup.remove_parent(top):
        yield top / cgroup.PARENT


def directories(parents: Iterable[Path]) -> Iterator[Path]:
    """Remove the temporary directories of killed runs in ``parents``; yields each when it is gone.

    Anybody may make directories there, so it touches only this user's, and none that a live process has marked as
    in use: commands that only read are no sessions. Raises LeftChanged if something is mounted in one: to go on
    would remove files of the mounted file system.
    """
    mounted = [each.point for each in mount.mounts()]
    for parent in sorted({parent.resolve() for parent in parents}):
        for path in sorted(parent.glob("funkqa-*")):
            if not path.name.startswith(DIRECTORIES) or not _is_own_directory(path):
                continue
            inside = [point for point in mounted if f"{point}/".startswith(f"{path}/")]
            if inside:
                raise LeftChanged(
                    f"something is mounted at {inside[-1]}",
                    where=str(path),
                    hint=f"umount {inside[-1]} && funkqa restore",
                )
            if _removed(path):
                yield path


def _removed(path: Path) -> bool:
    """Remove a directory that nobody uses; False if somebody does, or did until now."""
    try:
        with locks.unowned(path) as nobody:
            if nobody:
                shutil.rmtree(path)
            return nobody
    except FileNotFoundError:
        return False


@contextmanager
def temporary(*, prefix: str) -> Iterator[Path]:
    """A directory that ``directories`` leaves alone as long as this process lives."""
    with ExitStack() as undo:
        path = _marked(prefix, undo)
        undo.callback(shutil.rmtree, path)
        yield path


def _marked(prefix: str, undo: ExitStack) -> Path:
    while True:
        path = Path(tempfile.mkdtemp(prefix=prefix))
        with suppress(FileNotFoundError):  # it was taken for a leftover before it had its mark
            descriptor = undo.enter_context(locks.owned(path))
            if os.path.samestat(os.fstat(descriptor), path.lstat()):
                return path


def temporary_parents() -> tuple[Path, ...]:
    """Where runs make temporary directories: /var/tmp, /tmp, and what TMPDIR says."""
    return Path("/var/tmp"), Path("/tmp"), Path(tempfile.gettempdir())


def cache_files(cache: Path) -> Iterator[Path]:
    """Remove the unfinished files of killed runs from the cache; yields each when it is gone."""
    for path in sorted(cache.glob(f"??/{CACHED}*")):
        if stat.S_ISREG(path.lstat().st_mode) and not locks.is_owned(path):
            path.unlink()
            yield path


def _is_own_directory(path: Path) -> bool:
    try:
        facts = path.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(facts.st_mode) and facts.st_uid == os.geteuid()
