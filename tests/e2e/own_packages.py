"""funkqa's own packages, in a repository from which a machine of Debian forky installs them."""

import shutil
import subprocess
from pathlib import Path

from funkqa.runner import sandbox
from tests.e2e import rpms
from tests.e2e.test_package import provided

CHECKOUT = Path(__file__).parents[2]
ROOT = CHECKOUT / ".cache/roots/forky"
BUILT = CHECKOUT / ".cache/rpm"


def build() -> Path:
    """Where the packages are. They are built only if something that goes into them has changed."""
    for command in ("tests/roots/make forky", "rpm/build --root .cache/roots/forky"):
        done = subprocess.run(command.split(), cwd=CHECKOUT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return BUILT


def repository(into: Path) -> Path:
    """The packages, and one that stands for what Debian's own packages in the root provide."""
    into.mkdir()
    built = build()
    (program,) = (path for path in built.glob("funkqa-[0-9]*.rpm") if not path.name.endswith(".src.rpm"))
    (recipes,) = built.glob("funkqa-recipes-*.rpm")
    for path in (program, recipes):
        shutil.copy(path, into)
    with sandbox.opened(lower=ROOT) as place:
        rpms.package(into, "debian", {}, provides=tuple(provided(place, program)))
    rpms.index(into)
    return into
