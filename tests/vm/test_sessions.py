"""Sessions beside a real systemd: its units run the programs, in mount namespaces of their own."""

import os
import pty
import re
import select
import subprocess
import time
from pathlib import Path

from funkqa.analysis.coverage import cover
from funkqa.model.measurement import Measurement
from funkqa.store.reader import read_result
from funkqa.system import mount
from tests.vm.conftest import Machine

TIMEOUT_S = 180

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


def logged_in(command: str) -> str:
    """What root types at a terminal, which hangs up once that is done; the login's name at logind."""
    child, terminal = pty.fork()
    if not child:
        os.execvp("login", ["login", "-f", "root"])
    told(child, terminal, rb"# ")
    os.write(terminal, f"{command} && echo login $XDG_SESSION_ID 'begun'\n".encode())
    login = told(child, terminal, rb"\nlogin (\d+) begun")[1].decode()
    os.close(terminal)
    os.waitpid(child, 0)
    return login


def told(child: int, terminal: int, pattern: bytes) -> "re.Match[bytes]":
    """Wait for output of a login, which at first hangs up whoever else has its terminal: then a read fails."""
    said = b""
    deadline = time.monotonic() + TIMEOUT_S
    while not (found := re.search(pattern, said)):
        assert time.monotonic() < deadline, said
        try:
            if select.select([terminal], [], [], 1.0)[0]:
                said += os.read(terminal, 4096)
        except OSError:
            assert os.waitpid(child, os.WNOHANG) == (0, 0), said
            time.sleep(0.1)
    return found


def done(mark: Path) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not mark.exists():
        assert time.monotonic() < deadline, f"{mark} isn't there"
        time.sleep(0.1)


def test_a_session_outlives_its_login_and_measures_units_timers_and_cron(machine: Machine, program: Path) -> None:
    login = logged_in(f"python3 -m funkqa start {program}")
    state = machine.run("loginctl", "show-session", "--property=State", login, accept=(0, 1))
    assert state == "State=closing\n" or "No session" in state
    machine.run_as_unit(program)
    machine.ask("mark", "hardened")
    machine.run_as_unit(program, *HARDENED)
    machine.ask("mark", "timer")
    timer = ("systemd-run", "--quiet", "--on-active=1s", "--timer-property=AccuracySec=10ms")
    machine.run(*timer, "sh", "-c", f"{program}; touch /tmp/timer")
    done(Path("/tmp/timer"))
    machine.ask("mark", "cron")
    Path("/etc/cron.d/measured").write_text(f"@reboot nobody {program}; touch /tmp/cron\n")
    machine.run("sh", "-c", "rm -f /run/crond.reboot; systemctl restart cron")
    done(Path("/tmp/cron"))

    measurement = stop(machine)

    assert entered(measurement) == {"main": (0, 1, 2, 3), "as_root": (0, 2), "as_another": (1, 3)}
    assert [(each.step, each.path) for each in measurement.executions] == [
        (step, str(program)) for step in range(4)
    ]
    first, second, third, fourth = (each.user for each in measurement.executions)
    assert first == third == 0 != second != fourth != 0
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
