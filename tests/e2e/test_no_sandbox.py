"""``--no-sandbox``, on a running system that is itself a throw-away root of the test."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from funkqa.analysis.coverage import cover
from funkqa.model.coverage import State
from funkqa.model.place import Place
from funkqa.runner import sandbox
from funkqa.store.reader import read_result
from tests.e2e.running import RUN_TIMEOUT_S, Funkqa

CHECKOUT = Path(__file__).parents[2]
REPOSITORY = "/run/repository"
SYSTEM = "/run/system"
"""A directory that the recipe's steps and the test share."""

RECIPE = f"""\
component: gzip
execute:
  - echo began >{SYSTEM}/began; seq 99 | gzip | gzip -d
  - if test -e {SYSTEM}/wait; then sleep 1111; fi
finish: echo finished >{SYSTEM}/finished
"""


@pytest.fixture
def system(repository: Path) -> Iterator[Place]:
    """A system with a kernel of its own to all appearance: cgroups, /tmp, an RPM database without packages."""
    with sandbox.opened(binds={REPOSITORY: repository, str(CHECKOUT): CHECKOUT}) as place:
        place.path(SYSTEM).mkdir()
        place.path("/var/lib/rpm").mkdir(parents=True, exist_ok=True)
        inside(place, "mount", "-t", "cgroup2", "none", "/sys/fs/cgroup")
        inside(
            place, "rm", "-f", "/usr/bin/gzip"
        )  # the host's: a package's file takes its place, and goes with it
        yield place


def inside(place: Place, *command: str) -> str:
    done = subprocess.run([*place.enter, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def start(funkqa: Funkqa, place: Place, *options: str) -> "subprocess.Popen[str]":
    """Start funkqa in the system, as ``python -m funkqa`` of the test's own environment."""
    recipe = funkqa.recipe("system", RECIPE)
    for path in (recipe, Path(funkqa.environment["FUNKQA_CACHE"]), funkqa.temporary):
        place.path(str(path)).parent.mkdir(parents=True, exist_ok=True)
    place.path(str(recipe)).write_text(recipe.read_text())
    place.path(str(funkqa.temporary)).mkdir()
    command = [
        *funkqa.command(recipe)[:5],
        "--no-sandbox",
        "--repo",
        REPOSITORY,
        "-o",
        f"{SYSTEM}/r.funkqa",
        *options,
    ]
    return subprocess.Popen(
        [*place.enter, *command],
        env=funkqa.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def installed(place: Place) -> list[str]:
    return sorted(inside(place, "rpm", "--dbpath", "/var/lib/rpm", "-qa").splitlines())


def test_the_running_system_is_measured_and_remove_restores_it(funkqa: Funkqa, system: Place) -> None:
    before = installed(system)
    mounts = inside(system, "cat", "/proc/mounts")
    running = start(funkqa, system, "--remove")
    stdout, stderr = running.communicate(timeout=RUN_TIMEOUT_S)
    assert running.returncode == 0, stdout + stderr
    # A copy, because sqlite takes /proc/PID/root for the root that it is in.
    coverage = cover(read_result(Path(shutil.copy(system.path(f"{SYSTEM}/r.funkqa"), funkqa.directory))))
    assert coverage.measurement.run.environment["root"] == "running system"
    found = {function.function.name: function for function in coverage.images[0].functions}
    assert found["main"].state is State.COVERED
    assert found["main"].steps == (0,)
    assert installed(system) == before
    assert inside(system, "cat", "/proc/mounts") == mounts
    assert not system.path("/usr/bin/gzip").exists()
    assert not list(system.path("/var/tmp").glob("funkqa-*"))
    assert not list(system.path(str(funkqa.temporary)).iterdir())
    assert not list(system.path("/sys/fs/cgroup/funkqa").glob("*-system-*"))


def test_without_remove_the_packages_stay(funkqa: Funkqa, system: Place) -> None:
    running = start(funkqa, system)
    stdout, stderr = running.communicate(timeout=RUN_TIMEOUT_S)
    assert running.returncode == 0, stdout + stderr
    assert {"gzip", "gzip-debuginfo"} <= {nevra.rsplit("-", 2)[0] for nevra in installed(system)}
    assert inside(system, "rpm", "--dbpath", "/var/lib/rpm", "--verify", "gzip") == ""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_finish_and_remove_run_after_a_signal(
    funkqa: Funkqa, system: Place, number: signal.Signals, code: int
) -> None:
    before = installed(system)
    system.path(f"{SYSTEM}/wait").touch()
    running = start(funkqa, system, "--remove", "--verbose")
    assert running.stderr is not None
    heard = ""
    while "execute-2" not in heard:
        line = running.stderr.readline()
        assert line, heard
        heard += line
    (entered,) = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
    os.kill(int(entered), number)
    _, stderr = running.communicate(timeout=30)
    assert running.returncode == code, stderr
    assert system.path(f"{SYSTEM}/finished").exists()
    assert installed(system) == before


def test_remove_without_no_sandbox_is_refused(funkqa: Funkqa) -> None:
    done = funkqa.run(funkqa.recipe("remove", RECIPE), "--remove")
    assert done.returncode == 2
    assert "--no-sandbox" in done.stderr
