"""openQA's modules, run by a real isotovideo against a real shell.

isotovideo runs in the root ``.cache/roots/openqa`` with the backend ``null``. Its console is two pipes, as a
virtio console of QEMU is. Behind them is a terminal with a shell in a throw-away system: the machine under test.
"""

import errno
import fcntl
import json
import os
import pty
import secrets
import select
import shutil
import signal
import socket
import struct
import subprocess
import termios
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from funkqa.model.place import Place
from funkqa.runner import sandbox
from tests.e2e import own_packages

CHECKOUT = Path(__file__).parents[2]
ROOT = CHECKOUT / ".cache/roots/openqa"
ENVIRONMENT = (
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME=/root",
    "LC_ALL=C.UTF-8",
    "TERM=dumb",
    "PS1=# ",
    "HISTFILE=",
)
"""Of the shell; the prompt is what the test distribution waits for."""

CASE, POOL = "/mnt", "/srv"
"""Where the root has the test distribution and isotovideo's working directory."""

REPOSITORY, OWN = "/opt/repository", "/opt/own"
"""Where the machine sees its packages, and funkqa's."""

TERMINAL = "terminal"
"""What the shell wrote to its terminal."""

TIMEOUT_S = 300
WIDE = struct.pack("HHHH", 24, 2048, 0, 0)

ENTER = """\
set -e
mount --bind "$1" "$0$2"
mount --bind "$3" "$0$4"
mount --rbind /dev "$0/dev"
mount -t tmpfs tmpfs "$0/tmp"
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \\
    chroot "$0" /bin/sh -c 'cd "$0" && exec "$@"' "$4" "${@:5}"
"""


class Done(NamedTuple):
    """What isotovideo left: its exit code, the module's results by name, and its working directory."""

    returncode: int
    log: str
    pool: Path

    def result(self, module: str) -> Any:
        """``testresults/result-MODULE.json``; for suites that were parsed too."""
        return json.loads((self.pool / f"testresults/result-{module}.json").read_text())

    def results(self) -> dict[str, str]:
        """All of them: the module's name and its result."""
        found = self.pool.glob("testresults/result-*.json")
        return {path.stem.removeprefix("result-"): json.loads(path.read_text())["result"] for path in found}

    def texts(self, module: str) -> str:
        """What openQA shows in the steps of a module."""
        files = [detail["text"] for detail in self.result(module)["details"] if "text" in detail]
        return "\n".join((self.pool / "testresults" / file).read_text(errors="replace") for file in files)

    @property
    def terminal(self) -> str:
        return (self.pool / TERMINAL).read_text(errors="replace")

    def uploads(self, kind: str = "ulogs") -> dict[str, Path]:
        return {path.name: path for path in (self.pool / kind).glob("*")}


def command(case: Path, pool: Path, *program: str) -> list[str]:
    """Runs a program in openQA's root, with the test distribution and a working directory."""
    private = ["unshare", "--mount", "--pid", "--fork", "--kill-child", f"--mount-proc={ROOT}/proc", "--"]
    return [*private, "bash", "-c", ENTER, str(ROOT), str(case), CASE, str(pool), POOL, *program]


def distribution(directory: Path) -> Path:
    """The modules as they would lie in a test distribution: ours over the least that they use of it."""
    shutil.copytree(CHECKOUT / "tests/openqa/distri", directory)
    shutil.copytree(CHECKOUT / "openqa", directory, dirs_exist_ok=True)
    (directory / "needles").mkdir()
    return directory


def isotovideo(case: Path, pool: Path, command_of_shell: Sequence[str], variables: Mapping[str, str]) -> Done:
    """Run the schedule that the variables name, with a shell as the machine."""
    pool.mkdir(exist_ok=True)
    settings = {
        "ARCH": "x86_64",
        "BACKEND": "null",
        "HDDSIZEGB": "0",  # what isn't there needs no room
        "CASEDIR": CASE,
        "DISTRI": "opensuse",
        "FLAVOR": "DVD",
        "JOBTOKEN": secrets.token_hex(8),
        "QEMUPORT": str(_free_port() - 1),
        "VERSION": "Tumbleweed",
        "WORKER_HOSTNAME": "127.0.0.1",
        **variables,
    }
    (pool / "serial0").touch()
    (pool / "vars.json").write_text(json.dumps(settings))
    with _terminal(pool / "virtio_console", command_of_shell, pool / TERMINAL):
        done = subprocess.run(
            command(case, pool, "isotovideo", "-d"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=TIMEOUT_S,
            check=False,
        )
    return Done(done.returncode, done.stdout.decode(errors="replace"), pool)


@contextmanager
def machine(lower: Path, binds: Mapping[str, Path]) -> Iterator[Place]:
    """A machine for one job: a throw-away system over a root directory, in which packages can be installed."""
    with sandbox.opened(lower=lower, binds=binds) as place:
        # Debian's rpm has its database in the user's home.
        place.path("/root/.rpmmacros").write_text("%_dbpath /var/lib/rpm\n")
        # An overlay takes no other for its upper layer, so a throw-away root in this one needs a file system.
        mounts = "mount -t cgroup2 none /sys/fs/cgroup; mount -t tmpfs none /var/tmp"
        subprocess.run([*place.enter, "sh", "-ec", mounts], check=True)
        yield place


def shell(place: Place) -> list[str]:
    """The machine's shell; it has the host's network, because isotovideo takes uploads from there."""
    return [*place.enter_with_network, "env", "-i", *ENVIRONMENT, "bash", "--noprofile", "--norc", "-i"]


def job(
    directory: Path,
    repository: Path,
    own: Path,
    variables: Mapping[str, str],
    *,
    files: Mapping[str, str],
    assets: Sequence[Path] = (),
    prepare: str = "",
) -> Done:
    """Run a job on a machine of its own.

    Its packages and their debuginfo come from ``repository``, funkqa from the repository ``own``. ``files`` are
    put into the test distribution, ``assets`` are what openQA has downloaded for the job, and ``prepare`` is a
    script that the machine runs before.
    """
    case = distribution(directory / "case")
    for path, text in files.items():
        (case / path).parent.mkdir(parents=True, exist_ok=True)
        (case / path).write_text(text)
    pool = directory / "pool"
    pool.mkdir()
    for asset in assets:
        shutil.copy(asset, pool)
    settings = {
        "YAML_SCHEDULE": "schedule/coverage/funkqa.yaml",
        "FUNKQA_DEBUG_REPOS": f"dir://{REPOSITORY}",
        "FUNKQA_REPO": f"dir://{OWN}",
        **variables,
    }
    with machine(own_packages.ROOT, {REPOSITORY: repository, OWN: own}) as place:
        subprocess.run([*place.enter, "bash", "-ec", prepare], check=True)
        return isotovideo(case, pool, shell(place), settings)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


@contextmanager
def _terminal(prefix: Path, shell: Sequence[str], log: Path) -> Iterator[None]:
    """A shell on a wide terminal, whose input and output are ``PREFIX.in`` and ``PREFIX.out``."""
    pid, master = pty.fork()
    if pid == 0:
        os.execvp(shell[0], list(shell))
    fcntl.ioctl(master, termios.TIOCSWINSZ, WIDE)
    ends = []
    for end in ("in", "out"):
        os.mkfifo(f"{prefix}.{end}")
        # Opened for both, so that neither end of the pipe ever closes.
        ends.append(os.open(f"{prefix}.{end}", os.O_RDWR))
    stopped, stop = os.pipe()
    ends.append(os.open(log, os.O_WRONLY | os.O_CREAT, 0o644))
    copying = threading.Thread(target=_copy, args=({ends[0]: [master], master: ends[1:]}, stopped))
    copying.start()
    try:
        yield
    finally:
        os.close(stop)
        copying.join()
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        for descriptor in (master, stopped, *ends):
            os.close(descriptor)


def _copy(ways: Mapping[int, Sequence[int]], stopped: int) -> None:
    """From each descriptor to others, until ``stopped`` is closed or the shell is gone."""
    while True:
        ready, _, _ = select.select([*ways, stopped], [], [])
        if stopped in ready:
            return
        for source in ready:
            try:
                read = os.read(source, 65536)
            except OSError as error:
                if error.errno == errno.EIO:  # nobody has the terminal any more
                    return
                raise
            for target in ways[source]:
                left = read
                while left:
                    left = left[os.write(target, left) :]
