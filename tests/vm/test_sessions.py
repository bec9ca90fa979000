"""Sessions beside a real systemd: its units run the programs, in mount namespaces of their own."""

import subprocess
from pathlib import Path

from funkqa.analysis.coverage import cover
from funkqa.model.measurement import Measurement
from funkqa.store.reader import read_result
from funkqa.system import mount
from tests.vm.conftest import Machine

HARDENED = (
    *("DynamicUser=yes", "PrivateTmp=yes", "PrivateDevices=yes", "ProtectSystem=strict", "ProtectHome=yes"),
    *("NoNewPrivileges=yes", "RestrictNamespaces=yes", "SystemCallFilter=@system-service"),
)


def entered(measurement: Measurement) -> dict[str, tuple[int, ...]]:
    """The steps that entered a function."""
    (image,) = cover(measurement).images
    return {each.function.name: each.steps for each in image.functions if each.steps}


def mounted_anywhere() -> list[str]:
    """Mounts of funkqa's in any mount namespace, and the units that systemd makes of them."""
    lines = [
        f"{path.parent.name}: {line}"
        for path in Path("/proc").glob("[0-9]*/mountinfo")
        for line in path.read_text().splitlines()
        if "funkqa" in line.replace("/srv/funkqa", "") or "/usr/local/bin/measured" in line
    ]
    units = subprocess.run(
        ["systemctl", "list-units", "--all", "--plain", "--no-legend", "--type=mount"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return lines + [line for line in units.splitlines() if "measured" in line or line.startswith("run-funkqa")]


def stop(machine: Machine) -> Measurement:
    result = machine.funkqa.directory / "session.funkqa"
    machine.ask("stop", "-q", "-o", str(result))
    return read_result(result)


def test_a_session_measures_units_whoever_they_run_as(machine: Machine, program: Path) -> None:
    machine.ask("start", str(program))
    machine.run_as_unit(program)
    machine.ask("mark", "hardened")
    machine.run_as_unit(program, *HARDENED)

    measurement = stop(machine)

    assert entered(measurement) == {"main": (0, 1), "as_root": (0,), "as_another": (1,)}
    assert [(each.step, each.path) for each in measurement.executions] == [(0, str(program)), (1, str(program))]
    assert measurement.executions[0].user == 0 != measurement.executions[1].user
    assert mounted_anywhere() == []


def test_shims_reach_units_and_leave_no_mount_in_any_namespace(machine: Machine, program: Path) -> None:
    older = ("systemd-run", "--quiet", "--unit=older", *(f"--property={each}" for each in HARDENED))
    machine.run(*older, "sleep", "1000")  # its namespace is there before the shims
    try:
        machine.ask("start", "--shim", str(program))
        assert [each.point for each in mount.mounts() if each.point == str(program)] == [str(program)]
        assert len(mounted_anywhere()) > 3
        machine.run_as_unit(program)
        machine.ask("mark", "hardened")
        machine.run_as_unit(program, *HARDENED)

        measurement = stop(machine)

        assert entered(measurement) == {"main": (0, 1), "as_root": (0,), "as_another": (1,)}
        assert [(each.step, each.path) for each in measurement.executions] == [
            (0, str(program)),
            (1, str(program)),
        ]
        assert mounted_anywhere() == []
    finally:
        machine.run("systemctl", "stop", "older")
