"""Tests for a machine with systemd as process 1, mounts shared as systemd shares them, and cgroup v2 alone.

``make test-vm`` boots it and runs them there (``tests/vm/run --help`` says how a command of your own is run); on
the host they are deselected. The machine is emulated, about ten times slower than its host, and gone afterwards: a
test may change it at will, and should do without a run of funkqa where another test's will do.
"""

import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.compiling import tool
from tests.e2e import host
from tests.e2e.running import Funkqa

ROOT = Path(__file__).parents[2]
REPOSITORY = ROOT / ".cache/packages/suse/repo"
IN_THE_MACHINE = "FUNKQA_VM"

SOURCE = """\
#include <unistd.h>
int as_root(void) { return 0; }
int as_another(void) { return 0; }
int never(void) { return 0; }
int main(void) { return getuid() == 0 ? as_root() : as_another(); }
"""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    mine = [item for item in items if Path(__file__).parent in item.path.parents]
    for item in mine:
        item.add_marker(pytest.mark.vm)
    if IN_THE_MACHINE not in os.environ:
        config.hook.pytest_deselected(items=mine)
        items[:] = [item for item in items if item not in set(mine)]


def differences(before: host.Snapshot) -> dict[str, object]:
    """What is left of a run, but for the memory that readers of a SQLite database share: reading changes it."""
    found = host.differences(before)
    match found.pop("files", []):
        case list() as files if changed := [each for each in files if not each[0].endswith("sqlite-shm")]:
            found["files"] = changed
    return found


@dataclass(frozen=True, slots=True)
class Machine:
    """Programs of the machine, run as root; none has a time limit of its own, since the machine has one."""

    funkqa: Funkqa

    def run(self, *command: str, accept: Sequence[int] = (0,)) -> str:
        """What a program prints, standard error included."""
        done = subprocess.run(
            command,
            env=self.funkqa.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="backslashreplace",
            check=False,
        )
        assert done.returncode in accept, f"{command} ended with {done.returncode}:\n{done.stdout}"
        return done.stdout

    def ask(self, *arguments: str) -> str:
        """What ``funkqa`` prints."""
        return self.run("python3", "-m", "funkqa", *arguments)

    def run_as_unit(self, program: Path, *properties: str) -> None:
        """Let systemd start a program, and wait for its end."""
        self.run("systemd-run", "--quiet", "--wait", *(f"--property={each}" for each in properties), str(program))

    def measure(self, recipe: Path, *options: str) -> Path:
        """Run a recipe; its result file."""
        self.run(*self.funkqa.command(recipe, *options))
        return Path(self.funkqa.result(recipe))


@pytest.fixture(scope="module")
def program() -> Iterator[Path]:
    """A program in a folder that hardened units see. ``main`` calls one function for root, another for others."""
    path = Path("/usr/local/bin/measured")
    source = path.with_name("measured.c")
    source.write_text(SOURCE)
    tool("gcc", "-g", "-O0", "-o", str(path), str(source))
    yield path
    path.unlink()


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def machine(cache: Path, tmp_path: Path) -> Machine:
    (tmp_path / "tmp").mkdir()
    return Machine(Funkqa(REPOSITORY, tmp_path, cache, f"{os.getpid()}-{tmp_path.name}"))
