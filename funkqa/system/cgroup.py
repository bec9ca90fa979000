"""cgroup v2: a group per run and one per step, so that every process a recipe starts can be found and ended."""

import contextlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from funkqa.model.errors import HostUnfit, LeftChanged
from funkqa.system import mount

PARENT = "funkqa"
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
def created(name: str) -> Iterator[Path]:
    """A group for one run below ``funkqa/``; on leaving, its processes are killed and it is removed.

    Raises HostUnfit without cgroup v2, LeftChanged if a process in it can't be killed.
    """
    top = hierarchy()
    if top is None:
        raise HostUnfit("cgroup v2 is not mounted", hint="mount -t cgroup2 none /sys/fs/cgroup/unified")
    group = top / PARENT / name
    try:
        group.mkdir(parents=True)
    except OSError as error:
        raise HostUnfit(
            f"can't create a cgroup: {error.strerror}", where=str(group), hint="run as root"
        ) from error
    try:
        yield group
    finally:
        remove(group)
        with contextlib.suppress(OSError):  # another run still has a group there
            group.parent.rmdir()


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


def _populated(group: Path) -> bool:
    return "populated 1" in (group / "cgroup.events").read_text()
