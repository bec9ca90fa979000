"""The throw-away root, on the real kernel: nothing gets out, and nothing is left."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from funkqa.model.errors import HostUnfit
from funkqa.model.place import Place
from funkqa.runner import sandbox

pytestmark = pytest.mark.kernel


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with sandbox.opened() as opened:
        yield opened


def inside(place: Place, script: str) -> subprocess.CompletedProcess[str]:
    command = [*place.enter, "bash", "-c", script]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]})


def said(place: Place, script: str) -> str:
    done = inside(place, script)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    "path",
    ["/etc/funkqa-test", "/usr/bin/funkqa-test", "/var/tmp/funkqa-test", "/tmp/funkqa-test", "/run/funkqa-test"],
)
def test_what_is_written_inside_is_not_outside(place: Place, path: str) -> None:
    said(place, f"echo written > {path}")
    assert place.path(path).read_text() == "written\n"
    assert not Path(path).exists()


def test_a_file_of_the_host_that_is_changed_inside_is_unchanged_outside(place: Place) -> None:
    before = Path("/etc/passwd").read_bytes(), Path("/etc/passwd").stat()
    said(place, "echo changed >> /etc/passwd && chmod 600 /etc/passwd && tail -n 1 /etc/passwd")
    assert (Path("/etc/passwd").read_bytes(), Path("/etc/passwd").stat()) == before
    assert place.path("/etc/passwd").read_text().endswith("changed\n")


def test_a_file_of_the_host_that_is_removed_inside_is_there_outside(place: Place) -> None:
    said(place, "rm /etc/os-release && test ! -e /etc/os-release")
    assert Path("/etc/os-release").exists()


def test_upper_layers_are_gone_with_the_root(tmp_path: Path) -> None:
    mounts = Path("/proc/self/mountinfo").read_text()
    with sandbox.opened(upper=tmp_path) as place:
        said(place, "echo x > /etc/funkqa-upper")
        assert list(tmp_path.rglob("funkqa-upper"))
    assert list(tmp_path.iterdir()) == []
    assert Path("/proc/self/mountinfo").read_text() == mounts
    assert not place.root.exists()


def test_there_are_few_devices_and_they_work(place: Place) -> None:
    expected = "fd full null ptmx pts random shm stderr stdin stdout tty urandom zero"
    assert said(place, "ls /dev | xargs") == expected
    assert said(place, "echo lost > /dev/null; head -c 2 /dev/zero | wc -c; ls /dev/pts") == "2\nptmx"
    assert inside(place, "echo x > /dev/full").returncode != 0
    assert said(place, "echo through | cat /dev/stdin; head -c 5 /dev/urandom | wc -c") == "through\n5"


@pytest.mark.parametrize(
    "command",
    [
        "echo 1 > /proc/sys/kernel/sysrq",
        "echo 1 > /proc/sys/vm/drop_caches",
        "echo h > /proc/sysrq-trigger",
        "touch /sys/funkqa-test",
        "echo 0 > /sys/kernel/profiling",
        "echo mem > /sys/power/state",
    ],
)
def test_the_kernel_cannot_be_changed_from_inside(place: Place, command: str) -> None:
    done = inside(place, command)
    assert done.returncode != 0
    assert any(reason in done.stderr for reason in ("Read-only file system", "No such file", "Permission denied"))


def test_proc_and_sys_are_read_only_where_they_lead_to_the_kernel(place: Place) -> None:
    options = dict(line.split()[4:6] for line in said(place, "cat /proc/self/mountinfo").splitlines())
    assert options["/proc/sys"].startswith("ro")
    assert options["/sys"].startswith("ro")
    for name in ("sysrq-trigger", "irq", "bus"):
        assert not Path("/proc", name).exists() or options[f"/proc/{name}"].startswith("ro")
    assert "nosuid" in options["/dev"]


def test_processes_of_the_host_are_not_seen(place: Place) -> None:
    pids = said(place, "ls /proc | grep '^[0-9]'").split()
    assert str(os.getpid()) not in pids or os.getpid() < 100
    assert len(pids) < 20


def test_steps_have_a_network_of_their_own_with_loopback_up(place: Place) -> None:
    assert said(place, "ls /sys/class/net") == "lo"
    script = (
        "import socket; s=socket.create_server(('127.0.0.1', 0)); "
        "c=socket.create_connection(s.getsockname()); print(c.getpeername()[0])"
    )
    assert said(place, f'/usr/bin/python3 -c "{script}"') == "127.0.0.1"
    own, host = said(place, "readlink /proc/self/ns/net"), os.readlink("/proc/self/ns/net")
    assert own != host
    with_network = Place(place.root, place.enter_with_network)
    assert said(with_network, "readlink /proc/self/ns/net") == host


def test_hard_links_survive_the_copy_up(tmp_path_factory: pytest.TempPathFactory) -> None:
    lower = Path("/var/tmp") / f"funkqa-test-links-{os.getpid()}"
    lower.mkdir()
    try:
        (lower / "first").write_text("same\n")
        os.link(lower / "first", lower / "second")
        with sandbox.opened() as place:
            said(place, f"echo more >> {lower}/first")
            assert said(place, f"cat {lower}/second; stat -c %h {lower}/first") == "same\nmore\n2"
            first, second = place.path(f"{lower}/first"), place.path(f"{lower}/second")
            assert first.stat().st_ino == second.stat().st_ino
        assert (lower / "second").read_text() == "same\n"
    finally:
        shutil.rmtree(lower)


def test_directories_of_the_host_are_shown_read_only(tmp_path: Path) -> None:
    (tmp_path / "package.rpm").write_text("content\n")
    with sandbox.opened(binds={"/run/funkqa/repositories/0": tmp_path}) as place:
        assert said(place, "cat /run/funkqa/repositories/0/package.rpm") == "content"
        assert "Read-only" in inside(place, "touch /run/funkqa/repositories/0/new").stderr


def test_processes_that_are_left_inside_end_with_the_root() -> None:
    with sandbox.opened() as place:
        said(place, "setsid sleep 1234.5 > /dev/null 2>&1 & true")
        wait_until(lambda: running("sleep\0001234.5"))
    assert not running("sleep\0001234.5")


KILLED = """
import subprocess, sys, time
from funkqa.runner import sandbox
with sandbox.opened() as place:
    subprocess.Popen([*place.enter, "sleep", "4321.5"])
    print(place.root, flush=True)
    time.sleep(60)
"""


def test_a_root_whose_funkqa_is_killed_dies_with_all_in_it() -> None:
    command = [sys.executable, "-c", KILLED]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]) as funkqa:
        assert funkqa.stdout is not None
        root = Path(funkqa.stdout.readline().strip())
        wait_until(lambda: running("sleep\0004321.5"))
        funkqa.send_signal(signal.SIGKILL)
    wait_until(lambda: not running("sleep\0004321.5") and not root.parent.exists())


def test_a_root_that_is_not_there_is_the_hosts_fault(tmp_path: Path) -> None:
    with pytest.raises(HostUnfit), sandbox.opened(lower=tmp_path / "nosuch"):
        pass


def running(command: str) -> bool:
    """Whether a process whose command line is this runs; its words are separated by NUL."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes() == command.encode() + b"\0":
                return True
        except OSError:
            continue
    return False


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)
