"""Mounts that must not be mirrored, though programs of the plan lie on them."""

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from funkqa.system.mount import Mount

SEARCHED_BY_ALL = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH
ACL = "system.posix_acl_access"


def mount_points(root: Path, mounted: Sequence[Mount]) -> Iterator[tuple[str, str]]:
    """Mount points (as ``root`` has them) and why they aren't mirrored."""
    for each in mounted:
        if "noexec" in each.options.split(","):
            yield each.point, "its file system is mounted noexec"
        elif guard := _guard(root, each.point):
            yield each.point, f"not everybody may enter {guard}, as a mirror would let them"


def _guard(root: Path, point: str) -> str:
    """A folder above the mount point that keeps somebody out, or nothing."""
    for parent in reversed(Path(point).parents):
        if not _open_to_all(root / str(parent).lstrip("/")):
            return str(parent)
    return ""


def _open_to_all(folder: Path) -> bool:
    try:
        if folder.stat().st_mode & SEARCHED_BY_ALL != SEARCHED_BY_ALL:
            return False
        return ACL not in os.listxattr(folder)
    except OSError as error:
        return error.errno == errno.EOPNOTSUPP  # no extended attributes there, hence no lists
