"""The program that joins a cgroup and becomes another."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from funkqa.system import cgroup, starter


@pytest.fixture
def group() -> Iterator[Path]:
    with cgroup.created("starter") as made:
        yield made


def started(
    group: Path, *argv: str, environment: dict[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    with starter.joining(group, argv) as (arguments, executable):
        return subprocess.run(
            arguments, executable=executable, env=environment, capture_output=True, text=True, check=False
        )


@pytest.mark.kernel
def test_the_program_is_in_the_group_with_its_arguments_and_environment(group: Path) -> None:
    done = started(group, "bash", "-c", 'tail -n 1 /proc/self/cgroup; printf "%s|" "$0" "$@"', "", "a b", "")

    top = cgroup.hierarchy()
    assert done.stdout == f"0::/{group.relative_to(str(top))}\n|a b||"
    assert started(group, "env", environment={"x.y": "1"}).stdout == "x.y=1\n"


@pytest.mark.kernel
@pytest.mark.parametrize(("program", "code"), [("/proc/none", 127), ("/usr", 126), ("/etc/passwd", 126)])
def test_a_program_that_cannot_be_executed_has_the_codes_of_env(group: Path, program: str, code: int) -> None:
    assert started(group, program).returncode == code


@pytest.mark.kernel
def test_without_a_group_nothing_is_started(tmp_path: Path) -> None:
    done = started(tmp_path / "none", "/bin/echo", "started")

    assert (done.returncode, done.stdout) == (starter.CANNOT_JOIN, "")


def test_the_image_is_an_executable_that_other_readers_understand(tmp_path: Path) -> None:
    path = tmp_path / "starter"
    path.write_bytes(starter.image("/sys/fs/cgroup/x/cgroup.procs", "/bin/true"))

    shown = subprocess.run(["eu-readelf", "-hl", path], capture_output=True, text=True, check=True).stdout
    assert "EXEC (Executable file)" in shown
    assert "R E" in shown
