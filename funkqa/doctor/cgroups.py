"""cgroup v2: whose calls count, and how every process of a recipe is found and ended."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from funkqa.doctor.finding import Finding, Status, status_of
from funkqa.system import cgroup


def hierarchy() -> Finding:
    """Makes a group and removes it."""
    top = cgroup.hierarchy()
    remedy = "run as root, and in a container with /sys/fs/cgroup writable"
    if top is None:
        status, fact = Status.UNSUPPORTED, "not mounted"
        remedy = "mount -t cgroup2 none /sys/fs/cgroup/unified"
    else:
        try:
            with _group(top):
                status, fact = Status.SUPPORTED, f"{top} is writable"
        except OSError as error:
            status, fact = Status.UNSUPPORTED, f"no group can be made at {top}: {error.strerror}"
    return Finding(
        "cgroup v2",
        status,
        fact,
        lost="telling a recipe's processes from others, and ending them",
        remedy=remedy,
        required=True,
    )


def kill() -> Finding:
    """Looks into a new group: the root group never has the file."""
    top = cgroup.hierarchy()
    status, fact = Status.INCONCLUSIVE, "can't be tried without a group of cgroup v2"
    if top is not None:
        try:
            with _group(top) as group:
                present = (group / "cgroup.kill").exists()
        except OSError:
            pass
        else:
            status, fact = status_of(present), "present" if present else "absent"
    return Finding(
        "cgroup.kill",
        status,
        fact,
        lost="ending daemons that a recipe leaves",
        remedy="boot a kernel with cgroup.kill (Linux 5.14 or later)",
        required=True,
    )


@contextmanager
def _group(top: Path) -> Iterator[Path]:
    group = Path(tempfile.mkdtemp(prefix="funkqa-doctor-", dir=top))
    try:
        yield group
    finally:
        os.rmdir(group)
