"""``services:`` with systemd: a hardened unit that steps start and restart, and what a killed run leaves of it.

tests/e2e/test_services.py has more cases; this unit runs in namespaces of its own, under filters, as another user.
"""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from funkqa.analysis.coverage import cover
from funkqa.model.coverage import Coverage, State
from funkqa.store.reader import read_result
from tests.vm.conftest import Machine

UNIT = "hardened.service"
SERVICE = """\
[Service]
ExecStart=/bin/sh -c 'while sleep 0.1; do echo text | bzip2 -c | bzip2 -dc; done >>/run/hardened/rounds'
RuntimeDirectory=hardened
DynamicUser=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectSystem=strict
ProtectHome=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
NoNewPrivileges=yes
RestrictNamespaces=yes
MemoryDenyWriteExecute=yes
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @network-io
"""
COMPONENTS = f"component: [bzip2]\nalso: [libbz2-1]\nservices: {UNIT}\n"
ROUNDS = f"""\
for i in $(seq 600); do test "$(cat /run/hardened/rounds 2>/dev/null | wc -l)" -ge 2 && break; sleep 0.1; done
test "$(cat /run/hardened/rounds | wc -l)" -ge 2
test "$(systemctl show --value -p User {UNIT})" != root
grep -q '/funkqa[0-9]*.slice/{UNIT}' /proc/$(systemctl show --value -p MainPID {UNIT})/cgroup
"""
"""The unit has been twice through its loop, in the slice of the run."""


@pytest.fixture(scope="module", autouse=True)
def unit() -> Iterator[None]:
    path = Path("/etc/systemd/system") / UNIT
    path.write_text(SERVICE)
    yield
    path.unlink()


def indented(text: str) -> str:
    return text.replace("\n", "\n    ").rstrip()


def covered(coverage: Coverage, step: int) -> set[str]:
    return {
        each.function.name
        for image in coverage.images
        for each in image.functions
        if each.state is State.COVERED and step in each.steps
    }


def state(machine: Machine) -> str:
    machine.run("systemctl", "daemon-reload")
    drop_ins = sorted(map(str, Path("/run/systemd/system").glob("*.d/*funkqa*")))
    slices = machine.run("systemctl", "list-units", "--all", "--no-legend", "--plain", "funkqa*").strip()
    return f"{drop_ins} {slices} {machine.run('systemctl', 'show', '--value', '-p', 'ActiveState,Slice', UNIT)}"


def test_functions_of_a_hardened_service_count_in_the_step_that_runs_it(machine: Machine) -> None:
    before = state(machine)
    recipe = machine.funkqa.recipe(
        "services",
        f"""{COMPONENTS}execute:
- systemctl is-active {UNIT} && exit 1; true
- |
    systemctl start {UNIT}
    {indented(ROUNDS)}
- |
    systemctl restart {UNIT}
    {indented(ROUNDS)}
    systemctl stop {UNIT}
- bzip2 --help
""",
    )

    coverage = cover(read_result(machine.measure(recipe, "--no-sandbox")))

    own = {"BZ2_bzCompress", "BZ2_bzDecompress", "main"}
    assert not own & covered(coverage, 0)
    assert own <= covered(coverage, 1)
    assert own <= covered(coverage, 2)
    assert "main" in covered(coverage, 3)
    assert "BZ2_bzCompress" not in covered(coverage, 3)
    assert state(machine) == before


def test_restore_puts_the_service_back_after_a_killed_run(machine: Machine) -> None:
    before = state(machine)
    funkqa = machine.funkqa
    recipe = funkqa.recipe(
        "killed", f"{COMPONENTS}execute:\n- systemctl start {UNIT}; echo started >&2; sleep 1000\n"
    )
    running = funkqa.start(recipe, "--no-sandbox", "--verbose")
    assert running.stderr is not None
    for line in running.stderr:
        if line == "started\n":
            break
    else:
        pytest.fail(f"it ended with {running.wait()}")
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert state(machine) != before

    said = machine.ask("restore")

    assert f"removed /run/systemd/system/{UNIT}.d" in said
    assert state(machine) == before
