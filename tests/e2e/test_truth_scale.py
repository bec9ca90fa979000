"""A library with 300,000 functions, more than any package has: attached, hit, retired, reported."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from funkqa.model.plan import Probe, ProbePlan
from funkqa.model.units import FileOffset
from funkqa.trace.groups import MOST_GROUPS, partition
from tests.bench.works import many_functions
from tests.e2e import traced
from tests.e2e.conftest import ROOT
from tests.e2e.traced import Tracer

FUNCTIONS = 300_000
STEP = 23
MEMORY_KIB = 1_800_000
"""Most that the tracer may take: 6 KB a function."""

REPORT_MEMORY_KIB = 1_500_000
MOST_PER_LINK = 1 << 20
"""MAX_UPROBE_MULTI_CNT of kernel/trace/bpf_trace.c."""


@pytest.fixture
def trace(tmp_path: Path, cache: Path) -> Tracer:
    return Tracer(tmp_path, cache)


def finished(running: "subprocess.Popen[bytes]") -> tuple[bytes, int]:
    """What it said on standard error, and the most memory it took, in KiB."""
    assert running.stderr is not None
    said = running.stderr.read()
    _, status, used = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    assert running.returncode == 0, said
    return said, used.ru_maxrss


def test_thousands_of_300_000_functions_are_hit_in_order(trace: Tracer) -> None:
    """Three times: the second and third time, most of them are retired."""
    kept = ROOT / ".cache/scale"
    kept.mkdir(parents=True, exist_ok=True)
    library = many_functions(kept, FUNCTIONS)
    caller = traced.build(trace.directory / "caller", "caller.c")
    calls = [f"'{caller}' '{library}' 0 {FUNCTIONS} {STEP}" for _ in range(3)]
    running = subprocess.Popen(
        trace.command([library], ["sh", "-ec", "; ".join(calls)]), env=trace.environment, stderr=subprocess.PIPE
    )
    said, memory = finished(running)
    found = trace.read(subprocess.CompletedProcess([], running.returncode, b"", said))
    assert found.skipped == found.faults == ()
    assert len(found.functions) == FUNCTIONS
    assert found.names() == {f"function_{number}" for number in range(0, FUNCTIONS, STEP)}
    report = [sys.executable, "-m", "funkqa", "report", str(trace.result)]
    wanted = [f"--report=json={trace.directory}/result.json", f"--report=junit={trace.directory}/result.xml"]
    reporting = subprocess.Popen([*report, *wanted], env=trace.environment, stderr=subprocess.PIPE)
    _, report_memory = finished(reporting)
    print(f"{FUNCTIONS:,} functions: the tracer took {memory >> 10} MB, the reports {report_memory >> 10} MB")
    assert memory < MEMORY_KIB
    assert report_memory < REPORT_MEMORY_KIB


def test_a_link_holds_no_more_probes_than_the_kernel_takes() -> None:
    """Also where all probes are of one image, and ten times as many as above."""
    probes = tuple(Probe(0, number, FileOffset(number), True) for number in range(10 * FUNCTIONS))
    spans = list(partition(ProbePlan((), (), probes)))
    assert sum(map(len, spans)) == len(probes)
    assert max(map(len, spans)) <= MOST_PER_LINK
    assert len(spans) <= MOST_GROUPS
