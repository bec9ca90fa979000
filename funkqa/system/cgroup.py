"""cgroup v2: a group per run and one per step, so that every process a recipe starts can be found and ended."""

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from funkqa.model.errors import HostUnfit, LeftChanged
from funkqa.system import locks, mount

PARENT = "funkqa"
SPARED = "spared."
"""Part of the name of a group whose processes go on; the dot keeps it apart from names of recipes."""

KILL_TIMEOUT_S = 10.0
JOIN = ("/bin/sh", "-c", 'echo 0 > "$0/cgroup.procs" && exec "$@"')
"""Prefix, followed by a group's directory, that puts a command into the group before it starts."""


def hierarchy() -> Path | None:
    """Where cgroup v2 is mounted: /sys/fs/cgroup, or /sys/fs/cgroup/unified beside version 1."""
    for mounted in mount.mounts():
        if mounted.filesystem == "cgroup2":
            return Path(mounted.point)
    return None


@contextmanager
def created(name: str, *, kill: bool = True) -> Iterator[Path]:
    """A group for one run, ``funkqa/PID-NAME-RANDOM``; on leaving, its processes are killed and it is removed.

    Without ``kill`` they go on, in the group that funkqa itself is in. As long as this process lives, the group's
    directory is locked as its own.

    Raises HostUnfit without cgroup v2, LeftChanged if a process in it can't be killed.
    """
    top = hierarchy()
    if top is None:
        raise HostUnfit("cgroup v2 is not mounted", hint="mount -t cgroup2 none /sys/fs/cgroup/unified")
    group = _make(top / PARENT, f"{os.getpid()}-{'' if kill else SPARED}{name}")
    with locks.owned(group):
        try:
            yield group
        finally:
            clear(group)
            remove_parent(top)


def left(top: Path) -> tuple[Path, ...]:
    """The groups of all runs, live ones (``locks.is_owned``) and those of killed ones."""
    return tuple(sorted(path for path in (top / PARENT).glob("*") if path.is_dir()))


def clear(group: Path) -> None:
    """Remove a run's group. Its processes are killed, or, if it spares them, go on in this process's group."""
    if SPARED in group.name:
        _release(group, group.parents[1])
    remove(group)


def remove_parent(top: Path) -> bool:
    """Remove the directory of all groups, unless a run has one there; whether it did."""
    try:
        (top / PARENT).rmdir()
    except OSError:
        return False
    return True


def _make(parent: Path, name: str) -> Path:
    while True:
        try:
            parent.mkdir(exist_ok=True)
            # A killed run leaves its group, and in a PID namespace the next run may well have the same PID.
            return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=parent))
        except FileNotFoundError:
            continue  # another run has ended, and removed the parent
        except OSError as error:
            raise HostUnfit(
                f"can't create a cgroup: {error.strerror}", where=str(parent), hint="run as root"
            ) from error


def subgroup(group: Path, name: str) -> Path:
    """A child of the group, made if it isn't there."""
    child = group / name
    child.mkdir(exist_ok=True)
    return child


def identifier(group: Path) -> int:
    """The id that ``bpf_get_current_ancestor_cgroup_id`` returns: the inode number of its directory."""
    return os.stat(group).st_ino


def join(group: Path) -> tuple[str, ...]:
    """The command prefix that puts a program into the group."""
    return (*JOIN, str(group))


def kill(group: Path) -> None:
    """Kill every process in the group and below, and wait until they are gone."""
    deadline = time.monotonic() + KILL_TIMEOUT_S
    while _populated(group):
        # cgroup.kill (Linux 5.14) takes the whole subtree at once, forks included.
        (group / "cgroup.kill").write_text("1")
        if time.monotonic() > deadline:
            raise LeftChanged("processes of the run can't be killed", where=str(group), hint="funkqa restore")
        time.sleep(0.005)


def remove(group: Path) -> None:
    """Kill what is in the group, then remove it and its children."""
    if not group.exists():
        return
    kill(group)
    for directory, _, _ in os.walk(group, topdown=False):
        os.rmdir(directory)


def _release(group: Path, top: Path) -> None:
    """Move every process of the group to where this process is, those too that are forked meanwhile."""
    own = next(
        line.partition("::")[2]
        for line in Path("/proc/self/cgroup").read_text().splitlines()
        if line.startswith("0::")
    )
    destination = top / own.lstrip("/") / "cgroup.procs"
    deadline = time.monotonic() + KILL_TIMEOUT_S
    while _populated(group) and time.monotonic() < deadline:
        for directory, _, _ in os.walk(group):
            for pid in Path(directory, "cgroup.procs").read_text().split():
                with contextlib.suppress(ProcessLookupError):  # it has just ended
                    destination.write_text(pid)


def _populated(group: Path) -> bool:
    return "populated 1" in (group / "cgroup.events").read_text()
