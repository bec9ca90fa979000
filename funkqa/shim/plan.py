"""Which files a shim stands in front of, and through which mirror it reaches its program.

Pure: what is mounted comes in, what to mount goes out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import NamedTuple

LOADERS = ("ld-linux", "ld-musl", "ld64.so", "ld.so")
"""How file names of dynamic loaders begin: the kernel executes them for every program."""


MOUNTED_OVER = "something is mounted over it"


Inode = tuple[int, int]
"""Device and number: which file it is, whatever its path leads to later."""


class Program(NamedTuple):
    """An executable: its index in the plan, and its path without symbolic links."""

    image: int
    path: str
    inode: Inode


@dataclass(frozen=True, slots=True)
class Shim:
    """``file`` is the shim, ``mirror`` the program that it executes, ``aliases`` a folder for its other names."""

    image: int
    path: str
    inode: Inode
    file: str
    mirror: str
    aliases: str


@dataclass(frozen=True, slots=True)
class ShimPlan:
    """All shims below ``base``; ``mirrors`` says where each mount point is mirrored.

    ``without`` are programs that stay without a shim, and why.
    """

    base: str
    mirrors: Mapping[str, str]
    shims: tuple[Shim, ...]
    without: Mapping[str, str]


def plan_shims(
    base: str,
    programs: Sequence[Program],
    mount_points: Sequence[str],
    spared: Mapping[str, str],
) -> ShimPlan:
    """A shim for each program. ``base`` isn't there yet.

    ``spared`` are paths that get none, and why; a mount point among them spares all programs on its mount.
    """
    mirrors: dict[str, str] = {}
    shims: list[Shim] = []
    points = {program.path: mount_point(program.path, mount_points) for program in programs}
    without = dict(_without(points, mount_points, spared))
    for program in {program.path: program for program in programs if program.path not in without}.values():
        point = points[program.path]
        mirror = mirrors.setdefault(point, f"{base}/mirrors/{len(mirrors)}")
        number = len(shims)
        shims.append(
            Shim(
                program.image,
                program.path,
                program.inode,
                f"{base}/shims/{number}",
                f"{mirror}/{program.path.removeprefix(point).lstrip('/')}",
                f"{base}/names/{number}",
            )
        )
    return ShimPlan(base, mirrors, tuple(shims), without)


def _without(
    points: Mapping[str, str], mount_points: Sequence[str], spared: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    mounted = frozenset(mount_points)
    for path, point in points.items():
        if PurePosixPath(path).name.startswith(LOADERS):
            yield path, "the dynamic loader, which the kernel executes for every program"
        elif path in mounted:
            yield path, MOUNTED_OVER
        elif reason := spared.get(path) or spared.get(point):
            yield path, reason


def mount_point(path: str, mount_points: Sequence[str]) -> str:
    """The one whose mount has the path."""
    return max((point for point in mount_points if path.startswith(f"{point.rstrip('/')}/")), key=len)
