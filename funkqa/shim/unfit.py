"""Mounts that must not be mirrored, and programs that a mirror would change."""

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from funkqa.elf.origin import origin_folders
from funkqa.model.errors import ElfError
from funkqa.shim.plan import mount_point
from funkqa.system import roots
from funkqa.system.files import HeldFile
from funkqa.system.mount import Mount

SEARCHED_BY_ALL = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH
ACL, CAPABILITIES = "system.posix_acl_access", "security.capability"


def mount_points(root: Path, mounted: Sequence[Mount]) -> Iterator[tuple[str, str]]:
    """Mount points (as ``root`` has them) and why they aren't mirrored."""
    for each in mounted:
        if "noexec" in each.options.split(","):
            yield each.point, "its file system is mounted noexec"
        elif guard := _guard(root, each.point):
            yield each.point, f"not everybody may enter {guard}, as a mirror would let them"


def bound_to_its_path(root: Path, path: str, held: HeldFile, points: Sequence[str]) -> str:
    """Why the program, which is held open, finds no libraries in a mirror; empty if it does.

    The loader trusts ``$ORIGIN`` of a program with privileges only in the system's own folders
    (``is_trusted_path_normalize`` in elf/dl-load.c of glibc), and a mirror has no other mounts in it.
    """
    folders: tuple[str, ...] = ()
    with held.stream() as stream, suppress(ElfError):  # what is damaged finds nothing anywhere
        folders = origin_folders(stream, path)
    if folders and _is_privileged(held.link):
        return "it has privileges, and finds libraries by its own path ($ORIGIN)"
    for folder in folders:
        if _mount_point_of_folder(root, folder, points) not in (None, mount_point(path, points)):
            return f"it finds libraries by its own path ($ORIGIN) on another mount: {folder}"
    return ""


def _mount_point_of_folder(root: Path, folder: str, points: Sequence[str]) -> str | None:
    """None if links lead nowhere, so that nothing is found there."""
    try:
        return mount_point(f"{roots.real_folder(root, folder)}/", points)
    except OSError:
        return None


def _is_privileged(file: str) -> bool:
    if os.stat(file).st_mode & (stat.S_ISUID | stat.S_ISGID):
        return True
    try:
        return CAPABILITIES in os.listxattr(file)
    except OSError:
        return False


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
