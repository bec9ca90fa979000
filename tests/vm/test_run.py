"""Runs in a throw-away root, under systemd."""

import os
import signal

import pytest

from funkqa.analysis.coverage import cover
from funkqa.model.coverage import Coverage, State
from funkqa.store.reader import read_result
from tests.e2e import host
from tests.vm.conftest import ROOT, Machine, differences

ON_THE_HOST = ROOT / ".cache/demo/bzip2.funkqa"
"""What ``make demo`` has measured there, with the same packages."""

SLEEPS = "component: bzip2\nexecute: 'setsid sleep 1000 & bzip2 --help; echo sleeping; sleep 1000'\n"


def covered(coverage: Coverage) -> set[tuple[str, tuple[str, str, int]]]:
    return {
        (str(image.image.path), function.function.key)
        for image in coverage.images
        for function in image.functions
        if function.state is State.COVERED
    }


def test_the_recipe_of_bzip2_covers_what_it_covers_on_the_host(machine: Machine) -> None:
    before = host.snapshot()
    units = machine.run("systemctl", "list-units", "--all", "--plain", "--no-legend")

    here = cover(read_result(machine.measure(ROOT / "recipes/bzip2.yaml")))

    there = cover(read_result(ON_THE_HOST))
    assert here.measurement.run.environment["kernel"] != there.measurement.run.environment["kernel"]
    assert len(covered(here)) > 60
    assert covered(here) == covered(there)
    assert differences(before) == {}
    assert machine.run("systemctl", "list-units", "--all", "--plain", "--no-legend") == units


def test_a_killed_run_leaves_no_mount_and_restore_removes_the_rest(machine: Machine) -> None:
    funkqa = machine.funkqa
    before = host.snapshot()
    running = funkqa.start(funkqa.recipe("killed", SLEEPS), "--verbose")
    assert running.stderr is not None
    for line in running.stderr:
        if line == "sleeping\n":
            break
    else:
        pytest.fail(f"it ended with {running.wait()}")
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    (group,) = host.cgroups(running.pid)

    assert f"removed {group}" in machine.ask("restore")

    assert not group.exists()
    assert host.processes_left(funkqa.marker) == []
    assert differences(before) == {}
    assert machine.ask("restore") == "nothing to restore\n"
