"""Which programs were started: by whom, with what arguments, in which step."""

import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from funkqa.model.measurement import Execution, Measurement
from funkqa.store.reader import read_result
from tests.e2e import traced
from tests.e2e.running import Funkqa
from tests.e2e.traced import Tracer


def ran(funkqa: Funkqa, recipe: Path, *options: str) -> Measurement:
    done = subprocess.run(
        funkqa.command(recipe, "-q", *options),
        env=funkqa.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return read_result(Path(funkqa.result(recipe)))


RECIPE = """
component: bzip2
execute:
  - name: quiet
    script: ":"
  - name: busy
    script: |
      echo text >text
      bzip2 -k -- text
      bunzip2 -c text.bz2 >/dev/null
      exec -a '' bzip2 -k -c '' "two  words" text
    exit: 1
  - name: as somebody
    user: nobody
    script: |
      (bzip2 --help 2>/dev/null; true)
"""


@pytest.mark.parametrize("how", ["--no-shim", "--shim"])
def test_the_log_has_every_start_with_arguments_user_parent_and_step(funkqa: Funkqa, how: str) -> None:
    begun = time.time()
    measurement = ran(funkqa, funkqa.recipe("log", RECIPE), how)
    measured = [each for each in measurement.executions if each.measured]
    assert [(each.step, each.path, each.package, each.arguments) for each in measured] == [
        (1, "/usr/bin/bzip2", "bzip2", ("bzip2", "-k", "--", "text")),
        (1, "/usr/bin/bzip2", "bzip2", ("bunzip2", "-c", "text.bz2")),
        (1, "/usr/bin/bzip2", "bzip2", ("", "-k", "-c", "", "two  words", "text")),
        (2, "/usr/bin/bzip2", "bzip2", ("bzip2", "--help")),
    ]
    first, second, third, fourth = measured
    assert first.parent == second.parent == third.pid, "exec takes the place of the step's shell"
    assert first.pid != second.pid
    assert [each.user for each in measured] == [0, 0, 0, fourth.user]
    assert fourth.user > 0
    times = [each.started for each in measured]
    assert times == sorted(times)
    assert begun - 1 < times[0] < times[-1] < time.time() + 1
    assert not [each for each in measurement.executions if each.step == 0], "nothing of funkqa's own"
    assert measurement.statistics["executions_lost"] == 0


def test_what_else_runs_is_logged_with_the_package_that_owns_it(funkqa: Funkqa) -> None:
    recipe = funkqa.recipe(
        "others",
        """
        component: bzip2
        require: gzip
        execute:
          - name: both
            script: |
              echo text | gzip | gunzip | bzip2 >text.bz2
              bzcat text.bz2 | /usr/bin/env cat
        """,
    )
    found = [(each.path, each.package, each.measured) for each in ran(funkqa, recipe).executions]
    assert ("/usr/bin/gzip", "gzip", False) in found
    assert found.count(("/usr/bin/bzip2", "bzip2", True)) == 2
    assert {path.rpartition("/")[2] for path, _, _ in found} >= {"env", "cat", "gzip", "bzip2"}
    assert not {path.rpartition("/")[2] for path, _, _ in found} & {"nsenter", "setpriv", "bash"}


def test_without_arguments_only_names_are_kept(funkqa: Funkqa) -> None:
    measurement = ran(funkqa, funkqa.recipe("private", RECIPE), "--no-args")
    assert {each.arguments[0] for each in measurement.executions if each.measured} == {"bzip2", "bunzip2", ""}
    assert all(len(each.arguments) == 1 for each in measurement.executions)


@pytest.fixture
def trace(tmp_path: Path, cache: Path) -> Tracer:
    return Tracer(tmp_path, cache)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return traced.build(tmp_path_factory.mktemp("logged") / "setuid", "setuid.c")


def logged(trace: Tracer, elf: Path, *command: str | Path, how: str = "--no-shim") -> tuple[Execution, ...]:
    trace([elf], *command, options=[how])
    return read_result(trace.result).executions


def test_a_program_is_known_whatever_name_it_is_started_by(trace: Tracer, program: Path) -> None:
    link, hard = program.with_name("symbolic"), program.with_name("hard")
    link.symlink_to(program)
    hard.hardlink_to(program)
    script = f"cd {program.parent}; ./setuid; {link}; {hard}; {program}; ../{program.parent.name}/setuid; true"
    found = logged(trace, program, "sh", "-c", script)
    assert [each.path for each in found if each.measured] == [str(program)] * 5
    assert [each.path for each in found if not each.measured] == ["/usr/bin/dash"]


def test_a_program_that_the_loader_is_told_to_run_is_known(trace: Tracer, program: Path) -> None:
    found = logged(trace, program, _interpreter(program), program)
    assert [each.path for each in found if each.measured] == [str(program)]


def _interpreter(program: Path) -> str:
    headers = subprocess.run(["readelf", "-lW", program], capture_output=True, text=True, check=True).stdout
    return headers.partition("interpreter: ")[2].partition("]")[0]


@pytest.mark.parametrize("how", ["--no-shim", "--shim"])
def test_a_thousand_programs_of_eight_processes_are_all_logged(trace: Tracer, program: Path, how: str) -> None:
    script = (
        f"for p in 1 2 3 4 5 6 7 8; do (n=0; while [ $n -lt 125 ]; do {program}; n=$((n+1)); done) & done; wait"
    )
    found = logged(trace, program, "sh", "-c", script)
    assert sum(each.measured for each in found) == 1000
    assert read_result(trace.result).statistics["executions_lost"] == 0


def test_long_arguments_are_cut_visibly(trace: Tracer, program: Path) -> None:
    found = logged(trace, program, program, "short", "x" * 20_000, "last")
    (start,) = found
    assert start.arguments[:2] == (str(program), "short")
    assert start.arguments[-1] == "..."
    assert len("".join(start.arguments)) > 8000


def counts(executions: tuple[Execution, ...]) -> Mapping[str, int]:
    return {each.path: sum(other.path == each.path for other in executions) for each in executions}


def test_the_report_says_how_often_each_program_ran_and_which_never_did(funkqa: Funkqa) -> None:
    measurement = ran(funkqa, funkqa.recipe("reported", RECIPE))
    assert counts(measurement.executions)["/usr/bin/bzip2"] == 4
    report = subprocess.run(
        [*funkqa.command(Path("x"))[:3], "report", funkqa.result(Path("reported.yaml")), "--wide"],
        env=funkqa.environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "/usr/bin/bzip2recover" in report
