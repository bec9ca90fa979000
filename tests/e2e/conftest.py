"""Real packages, the real kernel, and funkqa as users start it."""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from funkqa.model.errors import FunkqaError
from funkqa.system import kernel
from funkqa.trace.program import loaded
from tests.e2e.comparing import LATER, Lab
from tests.e2e.running import Funkqa

ROOT = Path(__file__).parents[2]
SPECS = ("host-libraries", "bzip2", "gzip", "xz", "labtools", "openssl", "qpdf")


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.kernel)
            item.add_marker(pytest.mark.packages)


@pytest.fixture(scope="session", autouse=True)
def measurable_host() -> None:
    """Root, and a kernel that attaches a uprobe_multi link; what is missing is a failure where CI says so."""
    lacking = _lacking()
    if lacking and os.environ.get("FUNKQA_REQUIRE_KERNEL") == "1":
        pytest.fail(lacking)
    if lacking:
        pytest.skip(lacking)


def _lacking() -> str:
    if os.geteuid() != 0:
        return "needs root"
    try:
        with loaded(1, 1) as program:
            # Nobody maps this file for execution, so any offset will do.
            kernel.close(kernel.link_uprobes(program.hit, __file__, [0], [0]))
    except (FunkqaError, OSError) as error:
        return f"needs a kernel with uprobe_multi: {error}"
    return ""


@pytest.fixture(scope="session")
def repository(measurable_host: None) -> Path:
    """A repository of real RPM packages, built if it isn't there or its specs changed."""
    build(*SPECS)
    return ROOT / ".cache/packages/suse/repo"


def build(*specs: str) -> None:
    done = subprocess.run(
        [ROOT / "tests/packages/build", *specs], capture_output=True, text=True, errors="replace", check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def funkqa(repository: Path, cache: Path, tmp_path: Path) -> Funkqa:
    (tmp_path / "tmp").mkdir()
    return Funkqa(repository, tmp_path, cache, f"{os.getpid()}-{tmp_path.name}")


@pytest.fixture(scope="session")
def lab(repository: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    build(*LATER)
    directory = tmp_path_factory.mktemp("compare")
    (directory / "tmp").mkdir()
    funkqa = Funkqa(repository, directory, cache, f"{os.getpid()}-compare")
    # A throw-away root shows the host's files, but not its /tmp.
    with tempfile.TemporaryDirectory(dir="/var/tmp") as flags:
        yield Lab(funkqa, repository.parent, Path(flags))


@pytest.fixture(scope="session")
def openqa_root() -> None:
    """A root directory with os-autoinst and openQA's library, made if it isn't there."""
    made = subprocess.run(
        [ROOT / "tests/roots/make", "openqa"], capture_output=True, text=True, errors="replace", check=False
    )
    assert made.returncode == 0, made.stdout + made.stderr
