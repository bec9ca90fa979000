"""A library with 100,000 functions."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.bench.works import many_functions
from tests.e2e import traced
from tests.e2e.traced import Tracer

FUNCTIONS = 100_000
STEP = 23
MEMORY_KIB = 700_000
"""Most that the tracer may take: 7 KB a function."""


@pytest.fixture
def trace(tmp_path: Path, cache: Path) -> Tracer:
    return Tracer(tmp_path, cache)


def test_thousands_of_a_hundred_thousand_functions_are_hit_in_order(trace: Tracer) -> None:
    library = many_functions(trace.directory, FUNCTIONS)
    caller = traced.build(trace.directory / "caller", "caller.c")
    calls = [f"'{caller}' '{library}' 0 {FUNCTIONS} {STEP}" for _ in range(3)]
    running = subprocess.Popen(
        trace.command([library], ["sh", "-ec", "; ".join(calls)]), env=trace.environment, stderr=subprocess.PIPE
    )
    assert running.stderr is not None
    said = running.stderr.read()
    _, status, used = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    found = trace.read(subprocess.CompletedProcess([], running.returncode, b"", said))
    assert running.returncode == 0, said
    assert found.skipped == found.faults == ()
    assert len(found.functions) == FUNCTIONS
    assert found.names() == {f"function_{number}" for number in range(0, FUNCTIONS, STEP)}
    assert used.ru_maxrss < MEMORY_KIB
