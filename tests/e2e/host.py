"""What of the host a run must leave as it was."""

import contextlib
import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields
from hashlib import sha256
from pathlib import Path

from funkqa.system import cgroup

SETTLE_S = 8.0
"""The kernel frees links and namespaces some time after the last process has let go of them."""

WATCHED = (
    *("/usr/bin/b*", "/usr/lib64/*", "/lib/x86_64-linux-gnu/libbz2*", "/usr/lib/debug/.build-id/*/*"),
    *("/etc/ld.so.c*", "/etc/ld.so.conf.d/*", "/etc/zypp/*", "/etc/zypp/repos.d/*", "/var/lib/dpkg/status"),
    *("/var/lib/rpm/*", "/usr/lib/sysimage/rpm/*", f"{Path.home()}/.rpmdb/rpmdb.sqlite", "/var/cache/zypp/*"),
    *("/etc/passwd", "/etc/group", "/etc/shadow", "/etc/hosts", "/etc/pam.d/*"),
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """``unheld`` are BPF links and programs that no process holds: pinned or leaked ones."""

    mounts: str
    files: frozenset[tuple[str, str]]
    temporary: frozenset[str]
    unheld: frozenset[tuple[str, int]]
    interfaces: frozenset[str]

    def differences(self, later: "Snapshot") -> dict[str, object]:
        found: dict[str, object] = {}
        for field in fields(self):
            before, after = getattr(self, field.name), getattr(later, field.name)
            if before != after:
                found[field.name] = sorted(after ^ before) if isinstance(after, frozenset) else after
        return found


def snapshot() -> Snapshot:
    return Snapshot(
        mounts=Path("/proc/self/mountinfo").read_text(),
        files=frozenset((str(path), _digest(path)) for glob in WATCHED for path in Path("/").glob(glob[1:])),
        temporary=frozenset(str(p) for top in ("/var/tmp", "/run", "/tmp") for p in Path(top).glob("funkqa-*")),
        unheld=_unheld(),
        interfaces=frozenset(path.name for path in Path("/sys/class/net").iterdir()),
    )


def differences(before: Snapshot) -> dict[str, object]:
    """What is left of a run, once the kernel and others who run funkqa had time to clean up."""
    deadline = time.monotonic() + SETTLE_S
    while (found := before.differences(snapshot())) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


def processes(marker: str) -> list[str]:
    """Command lines of the processes whose environment has the marker; zombies have none."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if marker.encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return found


def processes_left(marker: str) -> list[str]:
    deadline = time.monotonic() + SETTLE_S
    while (found := processes(marker)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def cgroups(pid: int) -> list[Path]:
    """The groups of the run by process ``pid``."""
    top = cgroup.hierarchy()
    assert top is not None
    return sorted((top / cgroup.PARENT).glob(f"{pid}-*"))


def _unheld() -> frozenset[tuple[str, int]]:
    held = set(_held())
    listed = {(kind, int(str(thing["id"]))) for kind in ("link", "prog") for thing in _bpftool(kind)}
    return frozenset(listed - held)


def _held() -> Iterator[tuple[str, int]]:
    for descriptor in Path("/proc").glob("[0-9]*/fdinfo/*"):
        with contextlib.suppress(OSError):
            for line in descriptor.read_text().splitlines():
                name, _, value = line.partition(":")
                if name in ("link_id", "prog_id"):
                    yield name.removesuffix("_id"), int(value)


def _bpftool(kind: str) -> list[dict[str, object]]:
    answer = subprocess.run(["bpftool", "-j", kind, "show"], capture_output=True, text=True, check=True).stdout
    found: list[dict[str, object]] = json.loads(answer or "[]")
    return found


def _digest(path: Path) -> str:
    if path.is_symlink():
        return f"link to {path.readlink()}"
    return sha256(path.read_bytes()).hexdigest() if path.is_file() else "directory"
