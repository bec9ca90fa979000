"""Shims put in front of programs, and taken away again, in the mount namespace of the caller.

Everything lies in a tmpfs of its own: /run is mounted noexec on Debian, and nobody else can write to it.
"""

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from funkqa.model.errors import HostUnfit, LeftChanged
from funkqa.shim.image import image
from funkqa.shim.names import FOLDERS, other_names
from funkqa.shim.plan import Inode, Shim, ShimPlan
from funkqa.system import mount
from funkqa.system.mount import Mount

SOURCE = "funkqa-shims"
"""What mountinfo says is mounted: ``funkqa restore`` finds it by that."""

COPIED = ("security.selinux", "system.posix_acl_access")
"""Extended attributes of a program that say who may execute it."""

REMEDY = "measure without --shim"
SHIM_BYTES = 1 << 15
ROOM_BYTES = 1 << 20


def apply(plan: ShimPlan, template: bytes) -> None:
    """Mount every mirror, then every shim.

    Raises HostUnfit or ElfError; what is mounted by then is to be removed.
    """
    try:
        _make_folders(Path(plan.base))
        size = ROOM_BYTES + len(plan.shims) * SHIM_BYTES
        mount.mount(SOURCE, plan.base, "tmpfs", mount.MS_NOSUID | mount.MS_NODEV, f"mode=0755,size={size}")
        mount.mount("none", plan.base, flags=mount.MS_PRIVATE)
        for folder in ("mirrors", "shims", "names"):
            _folder(Path(plan.base, folder))
        for point, mirror in plan.mirrors.items():
            _mirror(point, Path(mirror))
        for shim in plan.shims:
            _write(shim, template)
        _alias(plan.shims)
        mount.mount("", plan.base, flags=mount.MS_REMOUNT | mount.MS_RDONLY | mount.MS_NOSUID | mount.MS_NODEV)
        for shim in plan.shims:
            with _held(shim) as program:
                mount.bind_over(shim.file, program)
    except OSError as error:
        reason = f"shims can't be made: {error.strerror}"
        raise HostUnfit(reason, where=str(error.filename or plan.base), hint=REMEDY) from error
    except HostUnfit as error:
        raise HostUnfit(error.message, where=error.where, hint=error.hint or REMEDY) from error


def remove(base: str, found: Sequence[Mount]) -> None:
    """Unmount whatever came from ``base`` of the mounts there are, the latest first. Programs that run go on."""
    devices = {each.device for each in found if each.point == base and each.source == SOURCE}
    for each in reversed(found):
        if each.device in devices or each.point.startswith(f"{base}/"):
            mount.unmount(each.point)
    with suppress(OSError):
        os.rmdir(base)
    with suppress(OSError):
        os.rmdir(os.path.dirname(base))


def left(bases: Iterable[Path]) -> Iterator[Path]:
    """Take away the shims that killed sessions left in this mount namespace; yields each folder that is gone."""
    # Users may mount FUSE by whatever name, and nothing must be looked up there.
    ours = (each for each in mount.mounts() if each.source == SOURCE and each.filesystem == "tmpfs")
    mounted = {Path(each.point) for each in ours}
    for base in sorted({*bases, *(point for point in mounted if (point / "shims").is_dir())}):
        remove(str(base), mount.mounts())
        if base.exists():
            raise LeftChanged("shims can't be taken away", where=str(base), hint=f"umount -R -l {base}")
        yield base


def _make_folders(base: Path) -> None:
    """``base`` below a folder that all may search and only root may write to, whatever the umask."""
    parent = base.parent
    parent.mkdir(parents=True, exist_ok=True)
    if stat.S_ISLNK(parent.lstat().st_mode) or parent.lstat().st_uid:
        raise HostUnfit("it isn't root's own folder", where=str(parent), hint=f"rm -r {parent}")
    parent.chmod(0o755)
    _folder(base)


def _folder(path: Path) -> None:
    path.mkdir(mode=0o755)
    path.chmod(0o755)


def _mirror(point: str, mirror: Path) -> None:
    """The mount as it is now, with its options, without anything that is mounted in it."""
    _folder(mirror)
    mount.mount(point, mirror, flags=mount.MS_BIND)
    mount.mount("none", mirror, flags=mount.MS_PRIVATE)


@contextmanager
def _held(shim: Shim) -> Iterator[int]:
    """A descriptor of the program. Raises HostUnfit if by now its path leads to another file."""
    descriptor = os.open(shim.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if _inode_of(os.fstat(descriptor)) != shim.inode:
            raise HostUnfit(
                "it was replaced while funkqa was about to measure it", where=shim.path, hint="try again"
            )
        yield descriptor
    finally:
        os.close(descriptor)


def _write(shim: Shim, template: bytes) -> None:
    """A shim with owner, mode and labels of its program, which the mirror has to show."""
    if _inode(shim.mirror) != shim.inode:
        raise HostUnfit("its file system can't be mirrored", where=shim.path, hint=REMEDY)
    descriptor = os.open(shim.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file, _held(shim) as program:
        facts = os.fstat(program)
        file.write(image(template, shim.mirror, shim.aliases))
        file.flush()
        os.fchown(descriptor, facts.st_uid, facts.st_gid)
        os.fchmod(descriptor, stat.S_IMODE(facts.st_mode))
        for name in COPIED:
            with _if_there():
                os.setxattr(descriptor, name, os.getxattr(program, name))


def _alias(shims: Sequence[Shim]) -> None:
    """A link for each other name that a program goes by."""
    known = {shim.inode: shim for shim in shims}
    for name, inode in other_names({os.path.dirname(shim.path) for shim in shims} | set(FOLDERS)):
        if shim := known.get(inode):
            aliases = Path(shim.aliases)
            if not aliases.exists():
                _folder(aliases)
            with suppress(FileExistsError):
                (aliases / name).symlink_to(shim.mirror)


def _inode(path: str) -> Inode | None:
    try:
        return _inode_of(os.stat(path))
    except OSError:
        return None


def _inode_of(facts: os.stat_result) -> Inode:
    return facts.st_dev, facts.st_ino


class _if_there:  # noqa: N801
    """Labels are not everywhere."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, _traceback: object) -> bool:
        return isinstance(error, OSError) and error.errno in (errno.ENODATA, errno.EOPNOTSUPP, errno.ENOTSUP)
