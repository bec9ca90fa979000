"""SELinux in enforcing mode, with Debian's policy: nothing that root does with funkqa is denied."""

import os
import subprocess
from pathlib import Path

from funkqa.analysis.coverage import cover
from funkqa.model.coverage import State
from funkqa.store.reader import read_result
from funkqa.system import mount
from tests.vm.conftest import Machine

RECIPE = """\
component: bzip2
also: libbz2-1
execute:
- echo text | bzip2 | bunzip2
- setsid -w sh -c 'echo text | bzip2 >file; bzip2recover file || true'
- user: nobody
  script: echo text | bzip2 -1
"""


def denials() -> list[str]:
    """What SELinux has denied since the machine was booted, as the kernel's log has it."""
    log = subprocess.run(["dmesg"], capture_output=True, text=True, check=True).stdout
    return [line for line in log.splitlines() if "avc:" in line and "denied" in line]


def test_it_enforces_and_the_tests_run_as_a_root_that_has_logged_in() -> None:
    assert Path("/sys/fs/selinux/enforce").read_text() == "1"
    assert Path("/proc/self/attr/current").read_text().startswith("unconfined_u:unconfined_r:unconfined_t:")
    assert Path("/proc/1/attr/current").read_text().startswith("system_u:system_r:init_t:")


def test_doctor_finds_the_machine_fit(machine: Machine) -> None:
    before = denials()
    assert machine.ask("doctor").endswith("This host can be measured on.\n")
    assert denials() == before


def test_a_run_in_a_throw_away_root_covers_functions_and_nothing_is_denied(machine: Machine) -> None:
    before = denials()

    coverage = cover(read_result(machine.measure(machine.funkqa.recipe("enforced", RECIPE))))

    entered = {each.function.name for image in coverage.images for each in image.functions if each.steps}
    assert {"BZ2_bzCompress", "BZ2_bzDecompress", "compressStream"} <= entered
    assert not [each for image in coverage.images for each in image.functions if each.state is State.SKIPPED]
    assert denials() == before


def label(path: Path) -> str:
    return os.getxattr(path, "security.selinux").rstrip(b"\0").decode()


def test_shims_carry_the_label_of_their_program_and_units_may_run_them(machine: Machine, program: Path) -> None:
    before, labelled = denials(), label(program)
    assert ":bin_t:" in labelled

    machine.ask("start", "--shim", str(program))
    assert [each.point for each in mount.mounts() if each.point == str(program)] == [str(program)]
    assert label(program) == labelled
    machine.run_as_unit(program)
    machine.run_as_unit(program, "User=nobody")
    result = machine.funkqa.directory / "session.funkqa"
    machine.ask("stop", "-q", "-o", str(result))

    (image,) = cover(read_result(result)).images
    assert {each.function.name for each in image.functions if each.steps} == {"main", "as_root", "as_another"}
    assert label(program) == labelled
    assert denials() == before
