"""Functions that run once, in processes and threads at the edge of their lives."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e import traced
from tests.e2e.traced import EXACT, Tracer

REPETITIONS = 100
"""Half of them of all ways together, half of one way."""
WAYS = {
    "fork": {"forks", "only_in_forked_child", "ended"},
    "vfork": {"vforks", "only_in_vforked_child", "ended"},
    "spawn": {"spawns", "only_in_spawned", "ended"},
    "exit": {"exits_at_once", "only_before_exit"},
    "kill": {"kills_itself", "only_before_kill"},
    "thread": {"runs_thread", "in_thread", "at_thread_exit", "only_in_thread", "only_at_thread_exit"},
    "fork-in-thread": {"runs_thread", "forks_in_thread", "only_in_child_of_thread", "ended"},
    "cancel": {"runs_thread", "waits", "at_cancel", "only_in_cancelled_thread"},
    "daemon": {"daemonises", "only_in_daemon", "ended"},
    "exec": {"executes", "only_after_exec"},
}
TOGETHER = ("fork", "vfork", "spawn", "thread", "fork-in-thread", "cancel", "daemon", "exec")
PROCESSES = "-O2 -fno-inline -pthread"


@pytest.fixture
def trace(tmp_path: Path, cache: Path) -> Tracer:
    return Tracer(tmp_path, cache)


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that every user may enter; pytest's own are private."""
    with tempfile.TemporaryDirectory(prefix="truth-", dir="/var/tmp") as directory:
        os.chmod(directory, 0o755)
        yield Path(directory)


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return traced.build(tmp_path_factory.mktemp("processes") / "processes", "processes.c", options=PROCESSES)


@pytest.fixture(scope="module")
def static_processes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """It runs where no library is."""
    program = tmp_path_factory.mktemp("processes") / "static"
    return traced.build(program, "processes.c", options=f"{PROCESSES} -static")


@pytest.mark.parametrize("way", WAYS)
def test_each_way_covers_what_it_runs_and_nothing_else(trace: Tracer, processes: Path, way: str) -> None:
    found = trace([processes], processes, way)
    assert found.returncode == (-9 if way == "kill" else 0)
    assert found.names() == {"main"} | WAYS[way]


def test_all_ways_together_by_callgrind(trace: Tracer, processes: Path) -> None:
    """But exec: callgrind forgets what a process did before it."""
    ways = tuple(way for way in TOGETHER if way != "exec")
    found = trace([processes], processes, *ways)
    assert found.differences(traced.callgrind(trace.directory / "callgrind", processes, *ways)) == EXACT


@pytest.mark.parametrize("ways", [TOGETHER, ("fork", "exit"), ("thread", "kill")], ids="-".join)
def test_all_ways_together_step_by_step(trace: Tracer, static_processes: Path, ways: tuple[str, ...]) -> None:
    """But cancelling a thread: in a static program, the unwinder begins with sorting for millions of steps."""
    ways = tuple(way for way in ways if way != "cancel")
    found = trace([static_processes], static_processes, *ways)
    assert found.differences(traced.stepped(trace.directory, found, static_processes, *ways)) == EXACT


def test_fifty_runs_cover_the_same(trace: Tracer, processes: Path) -> None:
    """Two at a time on the same file, so that each has the other's processes out of its scope.

    Without libc: which of its functions threads enter depends on who waits for whom.
    """

    def covered(number: int) -> frozenset[traced.Place]:
        directory = trace.directory / str(number)
        directory.mkdir()
        # Every other run does nothing that the one beside it does.
        ways = TOGETHER if number % 2 else ("exit",)
        return Tracer(directory, trace.cache)([processes], processes, *ways).covered

    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(covered, range(REPETITIONS)))
    assert len(set(runs[1::2])) == 1
    assert len(set(runs[::2])) == 1
    assert len(runs[0]) == 3 < len(runs[1])


def test_in_a_chroot(trace: Tracer, static_processes: Path) -> None:
    root = trace.directory / "root"
    root.mkdir()
    program = Path(shutil.copy(static_processes, root / "program"))
    found = trace([program], "chroot", root, "/program", "fork", "daemon")
    assert found.returncode == 0
    assert found.names() >= {"main"} | WAYS["fork"] | WAYS["daemon"]
    assert not [name for name in found.names() if name in WAYS["vfork"] - {"ended"}]


def test_in_a_nested_pid_namespace(trace: Tracer, processes: Path) -> None:
    unshare = ("unshare", "--pid", "--fork", "--mount-proc")
    found = trace([processes], *unshare, *unshare, processes, "fork", "thread", "exit")
    assert found.returncode == 0
    assert found.names() == {"main"} | WAYS["fork"] | WAYS["thread"] | WAYS["exit"]


def test_a_set_user_id_program_run_by_nobody(trace: Tracer, open_directory: Path) -> None:
    program = traced.build(open_directory / "setuid", "setuid.c")
    program.chmod(0o4755)
    found = trace([program], "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program)
    assert found.stdout == b"1 1\n"
    assert found.names() == {"main", "only_if_privileged"}


def test_a_name_service_module(trace: Tracer) -> None:
    """The name service finds the module in LD_LIBRARY_PATH; /etc/nsswitch.conf stays as it is."""
    module = traced.build(trace.directory / "libnss_funkqatest.so.2", "nss.c", options="-O2 -shared -fPIC")
    path = {"LD_LIBRARY_PATH": str(trace.directory)}
    lookup = ("getent", "--service=passwd:funkqatest", "passwd", "funkqa-test")
    found = trace([module], *lookup, environment=path)
    assert found.stdout.startswith(b"funkqa-test:")
    assert found.names() == {"_nss_funkqatest_getpwnam_r", "is_known"}
    assert found.differences(traced.callgrind(trace.directory / "callgrind", *lookup, environment=path)) == EXACT


def test_plug_ins_by_dlopen_and_dlmopen(trace: Tracer) -> None:
    """A plug-in that is loaded and not called has run its constructor and destructor, and no more."""
    options = "-O2 -shared -fPIC -DWHICH="
    one, two, three = (
        traced.build(trace.directory / f"{name}.so", "plugin.c", options=f"{options}{name}")
        for name in ("one", "two", "three")
    )
    host = traced.build(trace.directory / "host", "host.c", options="-O2")
    command = (host, "dlopen", one, "dlmopen", two, "unused", three, "dlopen", one)
    found = trace([host, one, two, three], *command)
    # callgrind knows no dlmopen: it takes the second libc for the program's heap.
    expected = {f"{what}_{which}" for what in ("constructs", "destructs") for which in ("one", "two", "three")}
    expected |= {"works_in_one", "works_in_two", "entry", "main", "ordinary", "in_new_namespace"}
    assert found.names() == expected
    assert (str(three), "entry") not in {(path, found.functions[path, at].name) for path, at in found.covered}
    without = (host, "dlopen", one, "unused", three, "dlopen", one)
    found = trace([host, one, two, three], *without)
    assert found.differences(traced.callgrind(trace.directory / "callgrind", *without)) == EXACT
