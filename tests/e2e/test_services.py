"""``services:`` on a machine with a real systemd: what a unit's processes run counts, whoever starts them."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from funkqa.analysis.coverage import cover
from funkqa.model.coverage import Coverage, State
from funkqa.model.place import Place
from funkqa.store.reader import read_result
from tests.e2e import machine
from tests.e2e.machine import inside
from tests.e2e.running import Funkqa

UNIT = "measured.service"
SERVICE = """\
[Service]
ExecStart=/bin/sh -c 'while sleep 0.05; do echo text | bzip2 -c | bzip2 -dc >/dev/null; done'
"""
COMPONENTS = "component: [bzip2]\nalso: [libbz2-1]\n"
START = "systemctl start measured; sleep 0.5"


@pytest.fixture(scope="module")
def system(repository: Path) -> Iterator[Place]:
    with machine.booted(repository) as place:
        for folder in ("etc/systemd/system", "var/lib/rpm"):
            place.path(folder).mkdir(parents=True, exist_ok=True)
        place.path(f"etc/systemd/system/{UNIT}").write_text(SERVICE)
        inside(place, "systemctl", "daemon-reload")
        yield place


def start(funkqa: Funkqa, system: Place, recipe: str) -> list[str]:
    """The command, to be run in the machine, that measures a recipe there."""
    written = funkqa.recipe("services", COMPONENTS + recipe)
    directory = f"/run/{written.parent.name}"
    system.path(directory).mkdir()
    shutil.copy(written, system.path(f"{directory}/services.yaml"))
    environment = ["env", f"FUNKQA_CACHE={directory}/cache"]
    command = [*funkqa.command(Path(f"{directory}/services.yaml"))[:5], "--no-sandbox", "-q"]
    return [*environment, *command, "--repo", machine.REPOSITORY, "-o", f"{directory}/services.funkqa"]


def measure(funkqa: Funkqa, system: Place, recipe: str) -> Coverage:
    command = start(funkqa, system, recipe)
    inside(system, *command)
    result = funkqa.directory / "services.funkqa"
    shutil.copy(system.path(command[-1]), result)
    return cover(read_result(result))


def covered(coverage: Coverage, step: int) -> set[str]:
    return {
        each.function.name
        for image in coverage.images
        for each in image.functions
        if each.state is State.COVERED and step in each.steps
    }


def is_as_before(system: Place) -> bool:
    drop_ins = list(system.path("/run/systemd/system").glob("*.d/*funkqa*"))
    slices = inside(system, "systemctl", "list-units", "--all", "--no-legend", "--plain", "funkqa*")
    return not drop_ins and not slices.strip()


def test_a_unit_started_and_restarted_by_steps_is_in_scope_and_off_afterwards(
    funkqa: Funkqa, system: Place
) -> None:
    recipe = f"services: measured\nexecute:\n- {START}\n- systemctl restart measured; sleep 0.5\n"
    coverage = measure(funkqa, system, recipe)

    for step in (0, 1):
        assert {"BZ2_bzCompress", "BZ2_bzDecompress", "main"} <= covered(coverage, step)
    assert inside(system, "systemctl", "show", "-p", "ActiveState", UNIT) == "ActiveState=inactive\n"
    assert is_as_before(system)


def test_a_unit_that_ran_before_is_in_scope_and_runs_on_in_its_own_slice(funkqa: Funkqa, system: Place) -> None:
    inside(system, "systemctl", "start", UNIT)
    try:
        recipe = "services: measured.service\nexecute:\n- sleep 0.5\n- systemctl restart measured; sleep 0.5\n"
        coverage = measure(funkqa, system, recipe)

        for step in (0, 1):
            assert {"BZ2_bzCompress", "main"} <= covered(coverage, step)
        assert control_group(system) == "/system.slice/measured.service"
        assert is_as_before(system)
    finally:
        inside(system, "systemctl", "stop", UNIT)


def test_hits_of_a_unit_that_is_not_named_count_apart(funkqa: Funkqa, system: Place) -> None:
    inside(system, "systemctl", "start", UNIT)
    try:
        coverage = measure(funkqa, system, "execute:\n- bzip2 --help; sleep 0.5\n")

        assert "main" in covered(coverage, 0)
        assert "BZ2_bzCompress" not in covered(coverage, 0)
        assert coverage.measurement.statistics["traps_out_of_scope"] > 0
    finally:
        inside(system, "systemctl", "stop", UNIT)


def test_restore_puts_units_back_after_a_killed_run(funkqa: Funkqa, system: Place) -> None:
    inside(system, "systemctl", "start", UNIT)
    try:
        command = start(funkqa, system, "services: measured\nexecute:\n- systemctl restart measured; sleep 1111\n")
        running = subprocess.Popen([*system.enter, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: "funkqa" in control_group(system))
        inside(system, "pkill", "-KILL", "-f", "funkqa run")
        running.wait()
        assert not is_as_before(system)

        assert f"removed /run/systemd/system/{UNIT}.d" in inside(system, sys.executable, "-m", "funkqa", "restore")

        assert is_as_before(system)
        assert control_group(system) == "/system.slice/measured.service"
        assert inside(system, sys.executable, "-m", "funkqa", "restore") == "nothing to restore\n"
    finally:
        inside(system, "systemctl", "stop", UNIT)


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def control_group(system: Place) -> str:
    return inside(system, "systemctl", "show", "--value", "-p", "ControlGroup", UNIT).strip()
