"""mount(2), umount2(2), unshare(2), pivot_root(2), and what /proc says of the mounts there are."""

import ctypes
import os
import platform
import re
from pathlib import Path
from typing import NamedTuple

from funkqa.model.errors import HostUnfit

MS_RDONLY = 0x1
MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_REMOUNT = 0x20
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
MS_SLAVE = 0x80000
MNT_DETACH = 0x2
CLONE_NEWNS = 0x20000
CLONE_NEWUTS = 0x4000000
CLONE_NEWIPC = 0x8000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
_SYS_OPEN_TREE, _SYS_MOVE_MOUNT = 428, 429
"""Of all architectures alike (Linux 5.2)."""
_AT_FDCWD = -100
_OPEN_TREE_CLONE = 1
_MOVE_MOUNT_EMPTY_PATHS = 0x44
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41, "s390x": 217, "ppc64le": 203}

ESCAPE = re.compile(r"\\([0-7]{3})")

_libc = ctypes.CDLL(None, use_errno=True)


class Mount(NamedTuple):
    """One line of /proc/PID/mountinfo (proc_pid_mountinfo(5)); ``device`` is that of the file system's files."""

    point: str
    filesystem: str
    source: str
    options: str
    device: str


def mount(source: str, target: str | Path, filesystem: str = "", flags: int = 0, options: str = "") -> None:
    """mount(2). Raises HostUnfit with the kernel's reason."""
    status = _libc.mount(
        os.fsencode(source), os.fsencode(target), filesystem.encode(), ctypes.c_ulong(flags), options.encode()
    )
    if status:
        kind = filesystem or ("bind" if flags & MS_BIND else "mount flags")
        raise HostUnfit(f"can't mount {kind} {source}: {_reason()}", where=str(target))


def bind(source: str | Path, target: str | Path, *, read_only: bool = False) -> None:
    """Show ``source`` (with what is mounted below it) at ``target`` too."""
    mount(str(source), target, flags=MS_BIND | MS_REC)
    if read_only:
        mount("", target, flags=MS_BIND | MS_REMOUNT | MS_RDONLY)


def bind_over(source: str | Path, target: int) -> None:
    """Show ``source`` in place of the file that the descriptor holds, whatever its name leads to by now."""
    flags = ctypes.c_uint(_OPEN_TREE_CLONE | os.O_CLOEXEC)
    tree = _libc.syscall(_SYS_OPEN_TREE, _AT_FDCWD, os.fsencode(source), flags)
    if tree < 0:
        raise HostUnfit(f"can't clone a mount: {_reason()}", where=str(source))
    try:
        if _libc.syscall(_SYS_MOVE_MOUNT, tree, b"", target, b"", ctypes.c_uint(_MOVE_MOUNT_EMPTY_PATHS)):
            raise HostUnfit(f"can't be mounted over a file: {_reason()}", where=str(source))
    finally:
        os.close(tree)


def unmount(target: str | Path, flags: int = MNT_DETACH) -> None:
    """umount2(2); the default detaches at once and frees when the last user is gone."""
    if _libc.umount2(os.fsencode(target), flags):
        raise HostUnfit(f"can't unmount: {_reason()}", where=str(target))


def unshare(flags: int) -> None:
    """unshare(2): give this process namespaces of its own (os.unshare needs Python 3.12)."""
    if _libc.unshare(flags):
        raise HostUnfit(f"can't create namespaces: {_reason()}", hint="run funkqa as root")


def enter(namespace: str | Path) -> None:
    """setns(2): see the mounts that the process of ``/proc/PID/ns/mnt`` sees (os.setns needs Python 3.12)."""
    descriptor = os.open(namespace, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if _libc.setns(descriptor, CLONE_NEWNS):
            raise HostUnfit(f"can't enter a mount namespace: {_reason()}", where=str(namespace))
    finally:
        os.close(descriptor)


def pivot_root(new_root: str | Path) -> None:
    """Make ``new_root`` the root of this mount namespace and let go of the old one."""
    os.chdir(new_root)
    if _libc.syscall(_SYS_PIVOT_ROOT[platform.machine()], b".", b"."):
        raise HostUnfit(f"can't change the root: {_reason()}", where=str(new_root))
    # Both roots are stacked at "." now; the old one lies on top (pivot_root(2), NOTES).
    unmount(".")
    os.chdir("/")


def mounts(pid: str = "self") -> tuple[Mount, ...]:
    """The mounts that process ``pid`` sees, in the order in which they were made."""
    text = Path(f"/proc/{pid}/mountinfo").read_text(errors="surrogateescape")
    return tuple(_parsed(line) for line in text.split("\n") if line)


def _parsed(line: str) -> Mount:
    before, _, after = line.partition(" - ")
    fields, (filesystem, source, *_) = before.split(" "), after.split(" ")
    return Mount(_unescape(fields[4]), filesystem, _unescape(source), fields[5], fields[2])


def _unescape(field: str) -> str:
    r"""The kernel writes space, tab, newline, backslash and hash as ``\040`` and so on."""
    return ESCAPE.sub(lambda octal: chr(int(octal[1], 8)), field)


def _reason() -> str:
    return os.strerror(ctypes.get_errno())
