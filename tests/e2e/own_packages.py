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
        rpms.package(into, "debian", {}, provides=(*provided(place, program), "git-core"))
    rpms.index(into)
    return into


def git(into: Path) -> Path:
    """A git repository with the files of this checkout, committed or not, on the branch ``main``."""
    shell = """
        git init --quiet --initial-branch main "$0"
        git ls-files -z --cached --others --exclude-standard |
            while IFS= read -rd '' file; do [[ ! -e $file ]] || printf '%s\\0' "$file"; done |
            tar --create --null --files-from=- | tar --extract -C "$0"
        cd "$0"
        git add --all
        git -c user.name=nobody -c user.email= commit --quiet --message 'as it is'
    """
    rpms.run("bash", "-euo", "pipefail", "-c", shell, str(into), cwd=CHECKOUT)
    return into
