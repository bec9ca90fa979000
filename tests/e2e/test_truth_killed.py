"""A tracer that is killed leaves no probe, and the command goes on as if nothing had happened."""

import contextlib
import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.e2e import isolated, traced
from tests.e2e.traced import Tracer

MOMENTS = 20
LATEST_S = 1.2
"""A session is attached after about half a second."""

GONE_S = 2.0
SCRIPT = (
    'printf begun; i=0; while [ $i -lt 25 ]; do "$0" fork spawn >/dev/null; i=$((i + 1)); done; echo " and ended"'
)


@pytest.fixture
def trace(tmp_path: Path, cache: Path) -> Tracer:
    return Tracer(tmp_path, cache)


def test_killed_at_any_moment(trace: Tracer) -> None:
    program = traced.build(trace.directory / "processes", "processes.c", options="-O2 -pthread")
    chance = random.Random(20)
    begun = 0
    with isolated.host(trace.directory.parent) as enter:
        for _ in range(MOMENTS):
            running = subprocess.Popen(
                [*enter, *trace.command([program], ["sh", "-c", SCRIPT, program])],
                env=trace.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
            )
            time.sleep(chance.uniform(0, LATEST_S))
            running.send_signal(signal.SIGSTOP)  # so that it makes no link after we looked
            links = held_links(running.pid)
            running.kill()
            killed = time.monotonic()
            while left := links & all_links():
                assert time.monotonic() - killed < GONE_S, left
            said = running.communicate(timeout=30)[0]
            assert said in (b"", b"begun and ended\n")
            begun += said != b""
            trace.result.unlink(missing_ok=True)
        restored = subprocess.run(
            [*enter, *trace.command([], [])[:3], "restore"],
            env=trace.environment,
            capture_output=True,
            check=False,
        )
        assert restored.returncode == 0, restored.stderr
        again = subprocess.run(
            [*enter, *trace.command([], [])[:3], "restore"],
            env=trace.environment,
            capture_output=True,
            check=False,
        )
        assert again.stdout == b"nothing to restore\n"
        assert 0 < begun < MOMENTS


def held_links(pid: int) -> frozenset[int]:
    """The BPF links that a process holds, by id."""
    found = []
    for descriptor in Path(f"/proc/{pid}/fdinfo").glob("*"):
        with contextlib.suppress(OSError):
            for line in descriptor.read_text().splitlines():
                if line.startswith("link_id:"):
                    found.append(int(line.split()[1]))
    return frozenset(found)


def all_links() -> frozenset[int]:
    listing = subprocess.run(["bpftool", "-j", "link", "show"], capture_output=True, check=True).stdout
    return frozenset(int(link["id"]) for link in json.loads(listing or b"[]"))


def test_killing_the_command_is_not_killing_the_tracer(trace: Tracer) -> None:
    program = traced.build(trace.directory / "processes", "processes.c", options="-O2 -pthread")
    running = subprocess.Popen(
        trace.command([program], ["sh", "-c", 'echo $$; "$0" fork >/dev/null; exec sleep 100', program]),
        env=trace.environment,
        stdout=subprocess.PIPE,
    )
    assert running.stdout is not None
    command = int(running.stdout.readline())
    time.sleep(0.3)
    os.kill(command, signal.SIGTERM)
    output, _ = running.communicate(timeout=20)
    found = trace.read(subprocess.CompletedProcess([], running.returncode, output, b""))
    assert running.returncode == -signal.SIGTERM
    assert "only_in_forked_child" in found.names()
