"""Sessions on a compiled shared object that programs really call."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from funkqa.system import cgroup
from funkqa.trace.session import Mode
from tests.calling import FUNCTIONS, build, tracing

pytestmark = pytest.mark.kernel
MANY = 100_000
ALL = {f"f{number}" for number in range(FUNCTIONS)}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return build(tmp_path_factory.mktemp("called"))


@pytest.mark.parametrize("retire", [False, True])
def test_the_hits_of_a_step_are_the_functions_it_called(built: tuple[Path, Path], retire: bool) -> None:
    with tracing(built, Mode(retire=retire)) as traced:
        assert traced.step(f1=1) == {"f1"}
        assert traced.step(f2=3, f7=1) == {"f2", "f7"}
        assert traced.step() == set()
        assert traced.step(f1=1) == {"f1"}
        assert traced.step(**dict.fromkeys(sorted(ALL), 2)) == ALL


def test_every_call_is_counted_where_nothing_is_retired(built: tuple[Path, Path]) -> None:
    with tracing(built, Mode(retire=False)) as traced:
        assert traced.step(f0=MANY, f3=7) == {"f0", "f3"}
        told = traced.session.statistics()
    assert told["traps_in_scope"] == MANY + 7
    assert told["traps_out_of_scope"] == 0
    assert told["retirement_rounds"] == 0
    assert 0.001 < told["trap_time_s"] < 60


def test_programs_out_of_scope_have_no_hits_and_are_counted_apart(built: tuple[Path, Path]) -> None:
    with tracing(built, Mode(retire=False)) as traced:
        traced.call_out_of_scope(f4=11)
        assert traced.taken() == set()
        assert traced.step(f5=1) == {"f5"}
        told = traced.session.statistics()
    assert (told["traps_in_scope"], told["traps_out_of_scope"]) == (1, 11)
    assert told["trap_time_out_of_scope_s"] > 0
    assert told["trap_time_s"] < told["trap_time_out_of_scope_s"]


def test_with_the_whole_system_in_scope_every_program_counts(built: tuple[Path, Path]) -> None:
    with tracing(built, Mode(retire=False, everyone=True)) as traced:
        traced.call_out_of_scope(f4=11)
        assert traced.taken() == {"f4"}
        told = traced.session.statistics()
    assert (told["traps_in_scope"], told["traps_out_of_scope"]) == (11, 0)


def test_a_function_called_often_is_retired_and_is_seen_again_in_the_next_step(built: tuple[Path, Path]) -> None:
    with tracing(built, Mode()) as traced:
        assert traced.step(f0=5 * MANY, f1=1) == {"f0", "f1"}
        told = traced.session.statistics()
        assert told["retirement_rounds"] >= 1
        assert told["traps_in_scope"] < 4 * MANY
        assert traced.step(f0=1) == {"f0"}
        assert traced.step(f0=5 * MANY, f2=1) == {"f0", "f2"}


def test_where_only_the_union_is_wanted_a_function_counts_for_the_first_step(built: tuple[Path, Path]) -> None:
    with tracing(built, Mode(per_step=False)) as traced:
        assert traced.step(f0=5 * MANY) == {"f0"}
        assert traced.session.statistics()["retirement_rounds"] >= 1
        time.sleep(0.3)  # until the kernel has taken the old link out
        assert traced.step(f0=10, f6=1) == {"f6"}


def test_a_program_that_runs_across_steps_hits_in_each_of_them(built: tuple[Path, Path]) -> None:
    with tracing(built, Mode()) as traced:
        command = [str(traced.caller), str(traced.library), "f8", str(10**11)]
        daemon = subprocess.Popen(
            ["/bin/sh", "-c", f'echo 0 > {traced.group}/cgroup.procs; exec "$@"', "sh", *command]
        )
        try:
            for _ in range(3):
                traced.session.begin_step()
                time.sleep(0.15)
                assert "f8" in traced.taken()
        finally:
            daemon.kill()
            daemon.wait()


def test_nothing_is_attached_after_a_session(built: tuple[Path, Path]) -> None:
    with tracing(built, Mode()):
        assert own_links()
    assert own_links() == set()


KILLED = """
import sys, time
from pathlib import Path
from funkqa.trace.session import Mode
from tests.calling import tracing
with tracing((Path(sys.argv[1]), Path(sys.argv[2])), Mode()):
    print("attached", flush=True)
    time.sleep(60)
"""


def test_a_killed_tracer_leaves_no_link(built: tuple[Path, Path]) -> None:
    command = [sys.executable, "-W", "ignore", "-c", KILLED, *map(str, built)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]) as tracer:
        assert tracer.stdout is not None
        assert tracer.stdout.readline() == b"attached\n"
        links = link_ids(tracer.pid)
        assert links
        assert links <= known_links()
        tracer.send_signal(signal.SIGKILL)
    top = cgroup.hierarchy()
    assert top is not None
    for group in cgroup.left(top):
        if group.name.startswith(f"{tracer.pid}-"):
            cgroup.clear(group)
    deadline = time.monotonic() + 10
    while links & known_links() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not links & known_links()


def own_links() -> set[int]:
    return link_ids(os.getpid())


def link_ids(pid: int) -> set[int]:
    """Ids of the BPF links that the process holds."""
    texts = [path.read_text() for path in Path(f"/proc/{pid}/fdinfo").iterdir() if path.exists()]
    lines = [line.split() for text in texts for line in text.splitlines()]
    return {int(fields[1]) for fields in lines if fields and fields[0] == "link_id:"}


def known_links() -> set[int]:
    shown = subprocess.run(["bpftool", "-j", "link", "show"], capture_output=True, text=True, check=True).stdout
    return {int(link["id"]) for link in json.loads(shown or "[]")}
