"""The first process of a throw-away root: builds the root, then holds its namespaces.

Started by ``sandbox.py`` as a program of its own. Its standard input carries one JSON line that says what
to build, and then stays open: end-of-file, which comes even if funkqa is killed, ends this process and
with it everything that runs in the root. Its standard output carries ``pid N``, then ``ready`` or ``error TEXT``.
"""

import json
import os
import signal
import stat
import sys
from pathlib import Path
from typing import Any

from funkqa.model.errors import FunkqaError
from funkqa.system import mount, network

LOCAL_FILESYSTEMS = frozenset(
    "bcachefs btrfs erofs exfat ext2 ext3 ext4 f2fs jfs overlay squashfs vfat xfs zfs".split()
)
NETWORK_FILESYSTEMS = frozenset(("9p", "ceph", "cifs", "fuse.sshfs", "nfs", "nfs4", "smb3", "virtiofs"))
OWN = ("dev", "proc", "run", "sys", "tmp")
"""Directories that are made anew, so that nothing of the host's can be reached or changed through them."""

DEVICES = {"null": 3, "zero": 5, "full": 7, "random": 8, "urandom": 9}
"""Minor numbers of the memory devices (major 1), Documentation/admin-guide/devices.txt."""

READ_ONLY_PROC = ("sys", "sysrq-trigger", "irq", "bus")
STAGING = "/tmp"


def main() -> int:
    """Unshare, fork the init process, and wait for it."""
    line = sys.stdin.buffer.readline()
    if not line:
        return 0  # funkqa was killed before it could ask
    request = json.loads(line)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        mount.unshare(
            mount.CLONE_NEWNS | mount.CLONE_NEWPID | mount.CLONE_NEWNET | mount.CLONE_NEWIPC | mount.CLONE_NEWUTS
        )
        init = os.fork()
    except (FunkqaError, OSError) as error:
        _say(f"error {error}")
        return 1
    if init:
        _say(f"pid {init}")
        os.close(0)
        os.close(1)
        _, status = os.waitpid(init, 0)
        return os.waitstatus_to_exitcode(status)
    try:
        _build(request)
    except (FunkqaError, OSError) as error:
        _say("error " + " ".join(str(error).split()))
        os._exit(1)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # orphans are reaped by the kernel
    _say("ready")
    os.close(1)
    while os.read(0, 4096):
        pass
    os._exit(0)


def _build(request: dict[str, Any]) -> None:
    mount.mount("none", "/", flags=mount.MS_REC | mount.MS_PRIVATE)
    network.bring_up_loopback()
    lower = request["lower"]
    # Descriptors, because staging hides whatever lies below it.
    layers = [(inside, _hold(path), writable) for inside, path, writable in _layers(lower)]
    binds = [(inside, _hold(path)) for inside, path in request["binds"].items()]
    upper = _hold(request["upper"]) if request["upper"] else ""
    resolver = _resolver(Path(lower))

    mount.mount("tmpfs", STAGING, "tmpfs", mount.MS_NODEV, "mode=0700")
    layer_store = Path(STAGING, "layers")
    layer_store.mkdir()
    if upper:
        mount.bind(upper, layer_store)
    root = Path(STAGING, "root")
    root.mkdir()
    for number, (inside, path, writable) in enumerate(layers):
        _mount_layer(layer_store / str(number), path, root / inside, writable)

    _own_directories(root)
    if resolver:
        target = root / resolver[0].lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(resolver[1])
    for inside, path in binds:
        target = root / inside.lstrip("/")
        target.mkdir(parents=True, exist_ok=True)
        mount.bind(path, target, read_only=True)
    mount.pivot_root(root)


def _layers(lower: str) -> list[tuple[str, str, bool]]:
    """(path inside the root, path on the host, whether writes go to an upper layer), outermost first."""
    top = os.path.realpath(lower)
    prefix = top.rstrip("/") + "/"
    below = {mounted.point: mounted.filesystem for mounted in mount.mounts() if mounted.point.startswith(prefix)}
    layers = [("", top, True)]
    for point, filesystem in sorted(below.items()):
        inside = point[len(prefix) :]
        if not inside or inside.split("/")[0] in OWN or not os.path.isdir(point):
            continue
        if filesystem in LOCAL_FILESYSTEMS:
            layers.append((inside, point, True))
        elif filesystem in NETWORK_FILESYSTEMS:
            layers.append((inside, point, False))
    return layers


def _mount_layer(store: Path, lower: str, target: Path, writable: bool) -> None:
    if not writable:
        mount.bind(lower, target, read_only=True)
        return
    upper, work = store / "upper", store / "work"
    for directory in (upper, work):
        directory.mkdir(parents=True)
    _copy_attributes(lower, upper)
    options = f"lowerdir={lower},upperdir={upper},workdir={work}"
    try:
        # index=on keeps hard links together when one of them is copied up.
        mount.mount("overlay", target, "overlay", options=f"{options},index=on")
    except FunkqaError:
        try:
            mount.mount("overlay", target, "overlay", options=options)
        except FunkqaError:
            if target.name == "root" and target.parent == Path(STAGING):
                raise
            # Such as vfat, which can't be below an overlay.
            mount.bind(lower, target, read_only=True)


def _own_directories(root: Path) -> None:
    for name, options in (("dev", "mode=0755"), ("run", "mode=0755"), ("tmp", "mode=1777")):
        (root / name).mkdir(exist_ok=True)
        mount.mount("tmpfs", root / name, "tmpfs", mount.MS_NOSUID, options)
    for name in ("proc", "sys"):
        (root / name).mkdir(exist_ok=True)
    (root / "run/lock").mkdir()

    device = root / "dev"
    os.umask(0)
    for name, minor in DEVICES.items():
        os.mknod(device / name, stat.S_IFCHR | 0o666, os.makedev(1, minor))
    os.mknod(device / "tty", stat.S_IFCHR | 0o666, os.makedev(5, 0))
    os.umask(0o022)
    for name in ("pts", "shm"):
        (device / name).mkdir()
    mount.mount("devpts", device / "pts", "devpts", options="newinstance,ptmxmode=0666,mode=0620")
    mount.mount("tmpfs", device / "shm", "tmpfs", mount.MS_NOSUID | mount.MS_NODEV, "mode=1777")
    links = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2", "ptmx": "pts/ptmx"}
    for name, to in links.items():
        (device / name).symlink_to(to)

    sealed = mount.MS_NOSUID | mount.MS_NODEV | mount.MS_NOEXEC
    mount.mount("proc", root / "proc", "proc", sealed)
    for name in READ_ONLY_PROC:
        if (root / "proc" / name).exists():
            mount.bind(root / "proc" / name, root / "proc" / name, read_only=True)
    mount.mount("sysfs", root / "sys", "sysfs", sealed | mount.MS_RDONLY)


def _resolver(lower: Path) -> tuple[str, bytes] | None:
    """Where resolv.conf leads to if that is below /run, which is made anew, and what it says."""
    link = lower / "etc/resolv.conf"
    if not link.is_symlink():
        return None
    target = os.path.normpath(os.path.join("/etc", os.readlink(link)))
    if not target.startswith("/run/"):
        return None
    try:
        return target, (lower / target.lstrip("/")).read_bytes()
    except OSError:
        return None


def _copy_attributes(source: str, target: Path) -> None:
    facts = os.stat(source)
    os.chmod(target, stat.S_IMODE(facts.st_mode))
    os.chown(target, facts.st_uid, facts.st_gid)


def _hold(path: str) -> str:
    return f"/proc/self/fd/{os.open(path, os.O_PATH | os.O_DIRECTORY)}"


def _say(line: str) -> None:
    os.write(1, f"{line}\n".encode(errors="backslashreplace"))


if __name__ == "__main__":
    raise SystemExit(main())
