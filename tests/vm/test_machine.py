"""The machine differs from the host in what these tests need, and funkqa finds it fit."""

import os
from pathlib import Path

from funkqa.system import cgroup
from tests.e2e import host
from tests.vm.conftest import Machine, differences


def mounts() -> dict[str, tuple[str, str, str]]:
    """Options, propagation and type by mount point; see proc_pid_mountinfo(5)."""
    found = {}
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields, _, source = line.partition(" - ")
        _, _, _, _, point, options, *propagation = fields.split()
        found[point] = (options, " ".join(propagation), source.split()[0])
    return found


def test_systemd_is_process_1_and_all_of_its_units_run(machine: Machine) -> None:
    assert Path("/proc/1/comm").read_text() == "systemd\n"
    assert machine.run("systemctl", "is-system-running") == "running\n"


def test_mounts_are_shared_and_run_is_noexec() -> None:
    found = mounts()
    for point in ("/", "/run", "/tmp"):
        assert found[point][1].startswith("shared:"), point
    assert "noexec" in found["/run"][0].split(",")


def test_cgroup_v2_is_the_only_hierarchy() -> None:
    assert cgroup.hierarchy() == Path("/sys/fs/cgroup")
    assert not [point for point, (_, _, kind) in mounts().items() if kind == "cgroup"]
    assert Path("/proc/self/cgroup").read_text() == "0::/system.slice/command.service\n"


def test_the_kernel_is_the_one_of_debian_trixie() -> None:
    assert os.uname().release.startswith("6.12.")


def test_doctor_finds_it_fit_and_leaves_it_as_it_was(machine: Machine) -> None:
    before = host.snapshot()
    said = machine.ask("doctor")
    assert said.endswith("This host can be measured on.\n")
    assert "\nunsupported" not in said
    assert differences(before) == {}
