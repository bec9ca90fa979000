"""``funkqa doctor`` on this kernel, and on hosts that lack something."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import jsonschema

from funkqa.cli.schema import schema_text
from funkqa.doctor.examination import examine_quickly
from funkqa.doctor.finding import required_failures
from funkqa.system import cgroup, process
from tests.e2e import host
from tests.e2e.running import Funkqa

DOCTOR = (sys.executable, "-m", "funkqa", "doctor", "--json")
DROPPED = ("setpriv", "--bounding-set=-sys_admin,-bpf,-perfmon", "--inh-caps=-sys_admin,-bpf,-perfmon", "--")


def examined(command: Sequence[str], **environment: str) -> tuple[int, Mapping[str, str]]:
    """Exit code, and the status by name."""
    done = process.run(command, environment=environment, accept=(0, 3))
    document = json.loads(done.stdout)
    jsonschema.validate(document, json.loads(schema_text("doctor")))
    return done.returncode, {finding["name"]: finding["status"] for finding in document["findings"]}


def test_a_host_that_runs_these_tests_is_fit_and_left_as_it_was(funkqa: Funkqa) -> None:
    before = host.snapshot()
    done = funkqa("doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("This host can be measured on.\n")
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert list(funkqa.temporary.iterdir()) == []
    assert host.differences(before) == {}


def test_json_says_the_same() -> None:
    code, found = examined(DOCTOR)
    assert code == 0
    assert {found[name] for name in ("root", "uprobe_multi", "BPF program", "throw-away root")} == {"supported"}


def test_root_without_capabilities_is_unfit() -> None:
    code, found = examined((*DROPPED, *DOCTOR))
    assert code == 3
    assert found["root"] == "supported"
    assert found["capabilities"] == "unsupported"
    assert found["uprobe_multi"] == "inconclusive"
    assert found["throw-away root"] == "unsupported"


def test_a_missing_tool_makes_it_unfit(tmp_path: Path) -> None:
    for directory in os.environ["PATH"].split(":"):
        for program in Path(directory).glob("*"):
            if program.name != "eu-unstrip" and not (tmp_path / program.name).exists():
                (tmp_path / program.name).symlink_to(program)
    code, found = examined(DOCTOR, PATH=str(tmp_path))
    assert code == 3
    assert [name for name, status in found.items() if status == "unsupported"] == ["eu-unstrip"]


def test_without_cgroup_v2_it_is_unfit() -> None:
    top = cgroup.hierarchy()
    assert top is not None
    alone = ("unshare", "--mount", "--propagation=private", "sh", "-c", 'umount -l "$0"; exec "$@"', str(top))
    code, found = examined((*alone, *DOCTOR))
    assert code == 3
    assert found["cgroup v2"] == "unsupported"
    assert found["cgroup.kill"] == "inconclusive"


def test_a_run_on_an_unfit_host_is_refused_before_anything_happens(funkqa: Funkqa) -> None:
    recipe = funkqa.recipe("refused", "component: bzip2\nexecute: 'true'\n")
    done = process.run([*DROPPED, *funkqa.command(recipe)], environment=funkqa.environment, accept=range(256))
    assert done.returncode == 3
    assert "uprobe_multi: the kernel refuses" in done.stderr
    assert "funkqa doctor" in done.stderr
    assert "throw-away root" not in done.stderr
    assert not Path(funkqa.result(recipe)).exists()


def test_the_checks_of_a_run_pass_here_and_import_no_bcc() -> None:
    assert required_failures(examine_quickly()) == ()
    script = (
        "import sys; from funkqa.doctor.examination import examine_quickly; examine_quickly(); print(*sys.modules)"
    )
    modules = process.run([sys.executable, "-c", script]).stdout.split()
    assert not {"bcc", "rpm"} & set(modules)


OTHER_MACHINE = ("setarch", "i686")
"""What uname(2) answers is a 32-bit machine's."""


def test_a_machine_of_another_architecture_is_unfit_for_that_alone() -> None:
    code, found = examined((*OTHER_MACHINE, *DOCTOR))
    assert (code, found) == (3, {"architecture": "unsupported"})


def test_a_run_on_a_machine_of_another_architecture_is_refused_with_one_error(funkqa: Funkqa) -> None:
    recipe = funkqa.recipe("refused", "component: bzip2\nexecute: 'true'\n")
    done = process.run(
        [*OTHER_MACHINE, *funkqa.command(recipe)], environment=funkqa.environment, accept=range(256)
    )
    assert done.returncode == 3
    assert done.stdout == ""
    first, *hints = done.stderr.splitlines()
    assert first == "funkqa: this host can't be measured on: architecture: i686"
    assert hints[0].startswith("  use a machine of x86_64")
    assert not Path(funkqa.result(recipe)).exists()
