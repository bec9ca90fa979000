"""A machine that is reset while sessions measure, as if by its power switch: what is true after the boot.

``tests/vm/run --reboot`` runs the test again then; what nobody had synced is lost.
"""

import os
import shutil
from pathlib import Path

from funkqa.analysis.coverage import cover
from funkqa.store.reader import read_result
from tests.vm.conftest import Machine
from tests.vm.test_sessions import mounted_anywhere

BEGUN = Path("/var/lib/begun")
SESSIONS = ("plain", "shimmed")


def begin(machine: Machine, program: Path) -> None:
    """Sessions of one step that is over and one that isn't; then the machine is reset."""
    shimmed = program.with_name("shimmed")
    shutil.copy(program, shimmed)
    BEGUN.touch()
    os.sync()
    machine.ask("start", str(program), "--name", "plain")
    machine.ask("start", "--shim", str(shimmed), "--name", "shimmed")
    for each in (program, shimmed):
        machine.run(str(each))
    for name in SESSIONS:
        machine.ask("mark", "never over", "--session", name)
    for each in (program, shimmed):
        machine.run("setpriv", "--reuid=65534", "--clear-groups", str(each))
    Path("/proc/sysrq-trigger").write_text("b")


def test_what_was_measured_up_to_the_last_mark_outlives_a_reset(machine: Machine, program: Path) -> None:
    if not BEGUN.exists():
        begin(machine, program)
    said = machine.ask("status")
    assert [line.partition(":")[0] for line in said.splitlines()] == list(SESSIONS)
    assert said.count("died") == 2, said
    assert "PID" not in said
    assert machine.ask("restore") == "nothing to restore\n"
    assert mounted_anywhere() == []
    machine.run(str(program.with_name("shimmed")))
    for name in SESSIONS:
        result = machine.funkqa.directory / f"{name}.funkqa"
        machine.run("python3", "-m", "funkqa", "stop", "-q", "--session", name, "-o", str(result), accept=(1,))
        measurement = read_result(result)
        assert not measurement.complete
        assert [step.name for step in measurement.steps] == ["start"]
        (image,) = cover(measurement).images
        assert {each.function.name for each in image.functions if each.steps} == {"main", "as_root"}
        assert [each.user for each in measurement.executions] == [0]
    assert machine.ask("status") == "no session\n"
