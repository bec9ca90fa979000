"""Every recipe of the library passes on the packages that are built, alone and after others; ``make recipes``."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence, Set
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from funkqa.model.place import Place
from funkqa.recipe.reader import read_recipe
from funkqa.runner import sandbox
from funkqa.store.reader import read_result
from funkqa.system.locks import SESSIONS
from tests.e2e import host
from tests.e2e.agreement import covered
from tests.e2e.conftest import ROOT
from tests.e2e.running import Funkqa

RECIPES = sorted((ROOT / "recipes").glob("*.yaml"))
ALWAYS = {"bzip2", "gzip", "xz"}
"""What ``make packages`` builds, and ``make test`` runs with all other tests."""
TIMEOUT_S = 900
CASES = [
    pytest.param(path, marks=() if path.stem in ALWAYS else pytest.mark.recipes, id=path.stem) for path in RECIPES
]
REPOSITORY = "/run/repository"
EMPTY = ("/var/tmp", "/var/log", "/var/mail", "/var/spool", "/home", "/root", "/srv", "/mnt", "/opt")
OUTSIDE = (*EMPTY, "/tmp", "/run", "/dev")
"""Where a recipe might leave something that belongs to no package; what the host has there would be seen too."""
PACKAGE_MANAGER = ("zypp*", "YaST2")
"""Its locks and logs."""
OWN_LOGS = ("/var/log/nginx",)
"""nginx opens the log that it was compiled with before it reads which one to open instead."""
ACCOUNTS = ("passwd", "group", "shadow", "gshadow", "subuid", "subgid", "hosts", "hostname", "nsswitch.conf")
ALONE = "-alone"
"""Ends the name of what is run without a throw-away root, and so that of its cgroup."""


def test_there_are_recipes() -> None:
    assert {path.stem for path in RECIPES} >= {"bzip2", "coreutils", "bash", "xz"}


@pytest.mark.parametrize("path", CASES)
def test_the_recipe_passes(path: Path, funkqa: Funkqa) -> None:
    """It ends with 0, so that its minimum and all that it expects are met; nothing went wrong, or is left."""
    lacking = lacking_packages(path, funkqa)
    if lacking and os.environ.get("FUNKQA_REQUIRE_RECIPES") == "1":
        pytest.fail(f"the test repository has no {', '.join(lacking)}")
    if lacking:
        pytest.skip(f"make recipe-packages builds {', '.join(lacking)}")
    before = host.snapshot()
    report = funkqa.directory / "report.json"
    running = funkqa.start(path, "--report", f"json={report}")
    said = "".join(running.communicate(timeout=TIMEOUT_S))
    assert running.returncode == 0, said
    coverage = json.loads(report.read_text())
    schema = json.loads(funkqa("schema", "coverage").stdout)
    assert list(Draft202012Validator(schema).iter_errors(coverage)) == []
    assert coverage["verdict"] == "passed"
    assert [step["outcome"] for step in coverage["steps"]] == ["passed"] * len(coverage["steps"])
    assert all(expectation["covered"] for expectation in coverage["expectations"])
    assert coverage["faults"] == []
    # A group can't be removed before all its processes are gone, wherever they went.
    assert host.cgroups(running.pid) == []
    assert host.differences(before) == {}
    assert list(funkqa.temporary.iterdir()) == []


def lacking_packages(recipe: Path, funkqa: Funkqa) -> Sequence[str]:
    names = read_recipe(recipe).component
    return [name for name in names if not list(funkqa.repository.glob(f"{name}-[0-9]*.rpm"))]


@pytest.fixture
def system(funkqa: Funkqa) -> Iterator[Place]:
    """A machine to all appearance, which nobody else changes: the recipes run in it one after another."""
    with sandbox.opened(binds={REPOSITORY: funkqa.repository, str(ROOT): ROOT}) as place:
        for directory in ("/var/lib/rpm", str(funkqa.temporary), str(funkqa.cache)):
            place.path(directory).mkdir(parents=True, exist_ok=True)
        entered(place, "mount", "-t", "cgroup2", "none", "/sys/fs/cgroup")
        for directory in EMPTY:
            entered(place, "mount", "-t", "tmpfs", "-o", "mode=1777", "none", directory)
        yield place


def entered(place: Place, *command: str) -> str:
    done = subprocess.run([*place.enter, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def state(place: Place, own: Path) -> dict[str, list[str]]:
    """What runs and is mounted, and what stands where no package puts anything; but for the test's directory."""
    paths = (own, REPOSITORY, SESSIONS, *OWN_LOGS)
    others = (*(f"-path {path}" for path in paths), *(f"-name {name}" for name in PACKAGE_MANAGER))
    pruned = ("(", *" -o ".join(others).split(), ")", "-prune", "-o")
    facts = ("-type", "d", "-printf", "%p %m %U:%G\\n", "-o", "-printf", "%p %y %m %U:%G %s %l\\n")
    accounts = [f"/etc/{name}" for name in ACCOUNTS if place.path(f"/etc/{name}").exists()]
    said = {
        "processes": entered(place, "sh", "-c", "cat /proc/[0-9]*/comm"),
        "mounts": entered(place, "cat", "/proc/mounts"),
        "cgroups": entered(place, "find", "/sys/fs/cgroup", "-name", f"*{ALONE}*"),
        "interfaces": entered(place, "ls", "/sys/class/net"),
        "files": entered(place, "find", *OUTSIDE, *pruned, *facts),
        "accounts": entered(place, "sha256sum", *accounts),
    }
    return {what: sorted(text.splitlines()) for what, text in said.items()}


def run_here(funkqa: Funkqa, place: Place, recipe: Path) -> Set[tuple[str, int]]:
    """Run it without a throw-away root; the functions that it covered."""
    copy = funkqa.directory / f"{recipe.stem}{ALONE}.yaml"
    place.path(str(copy)).write_text(recipe.read_text())
    result = Path(funkqa.result(copy))
    command = [sys.executable, "-m", "funkqa", "run", str(copy), "--no-sandbox", "--quiet"]
    done = subprocess.run(
        [*place.enter, *command, "--repo", REPOSITORY, "-o", str(result)],
        env=funkqa.environment,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="backslashreplace",
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, f"{recipe.stem}: {done.stdout}{done.stderr}"
    # A copy, because sqlite takes /proc/PID/root for the root that it is in.
    shutil.copy(place.path(str(result)), result)
    images = [image.path for image in read_result(result).images]
    return covered(str(result), images)[1].keys()


@pytest.mark.recipes
def test_recipes_leave_a_running_system_as_it_was_and_work_in_any_order(funkqa: Funkqa, system: Place) -> None:
    """Each in a system where all others ran before, without a throw-away root that takes away what is left."""
    recipes = [path for path in RECIPES if not lacking_packages(path, funkqa)]
    found = dict[str, Set[tuple[str, int]]]()
    for path in (*recipes, *reversed(recipes)):
        before = state(system, funkqa.directory)
        hits = run_here(funkqa, system, path)
        after = state(system, funkqa.directory)
        left = {
            what: sorted(set(after[what]) ^ set(before[what])) for what in before if after[what] != before[what]
        }
        assert not left, f"{path.stem} left {left}"
        assert hits == found.setdefault(path.stem, hits), f"{path.stem}: {sorted(hits ^ found[path.stem])}"
