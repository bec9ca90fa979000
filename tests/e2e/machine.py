"""A machine with a systemd of its own: process 1 of new namespaces, in a throw-away root."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from funkqa.model.place import Place
from funkqa.runner import sandbox
from funkqa.system import cgroup

CHECKOUT = Path(__file__).parents[2]
BOOT_TIMEOUT_S = 30.0
REPOSITORY = "/run/repository"

BOOT = """
set -e
mount --make-rprivate /
mount -t proc proc /proc
for kernels in sys irq bus; do
    mount --bind /proc/$kernels /proc/$kernels
    mount -o remount,bind,ro /proc/$kernels
done
mount -t cgroup2 none /sys/fs/cgroup
mkdir -p /run/systemd/system
ln -s /dev/null /run/systemd/system/tmp.mount  # the checkout may be below /tmp
export container=tests
exec /lib/systemd/systemd --system --unit=basic.target --log-target=null
"""


@contextmanager
def booted(repository: Path) -> Iterator[Place]:
    """The machine, once systemd says that it runs; ``enter`` runs a program in it, outside of all units."""
    top = cgroup.hierarchy()
    assert top is not None
    group = Path(mkdtemp(prefix="funkqa-machine-", dir=top))
    try:
        with sandbox.opened(binds={REPOSITORY: repository, str(CHECKOUT): CHECKOUT}) as place:
            boot = ["unshare", "--mount", "--pid", "--cgroup", "--fork", "--kill-child", "bash", "-c", BOOT]
            quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            machine = subprocess.Popen([*cgroup.join(group), *place.enter, *boot], **quiet)  # type: ignore[call-overload]
            try:
                pid = _process_1(group)
                enter = (*cgroup.join(group / "tests"), "nsenter", f"--target={pid}", "--all", "--")
                (group / "tests").mkdir()
                place = Place(Path(f"/proc/{pid}/root"), enter, enter)
                _wait_until_running(place)
                yield place
            finally:
                cgroup.kill(group)
                machine.wait()
    finally:
        cgroup.remove(group)


def inside(place: Place, *command: str) -> str:
    """Run a program in the machine; what it prints."""
    done = subprocess.run([*place.enter, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def _process_1(group: Path) -> int:
    deadline = time.monotonic() + BOOT_TIMEOUT_S
    while time.monotonic() < deadline:
        for pid in (
            (group / "init.scope/cgroup.procs").read_text().split() if (group / "init.scope").is_dir() else ()
        ):
            if "systemd" in Path(f"/proc/{pid}/cmdline").read_text():
                return int(pid)
        time.sleep(0.05)
    raise AssertionError("systemd didn't start")


def _wait_until_running(place: Place) -> None:
    deadline = time.monotonic() + BOOT_TIMEOUT_S
    state = ""
    while time.monotonic() < deadline:
        done = subprocess.run(
            [*place.enter, "systemctl", "is-system-running"], capture_output=True, text=True, check=False
        )
        state = done.stdout.strip()
        if state in ("running", "degraded"):
            return
        time.sleep(0.1)
    raise AssertionError(f"systemd is {state}")
