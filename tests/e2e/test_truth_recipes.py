"""Whole recipes of the library under callgrind: what funkqa calls covered is what ran.

Left out are lines that valgrind can't run as they are: those that limit the address space, of which it needs
much itself, that wait for a moment which has passed when it is ready, that go round the wrapper, or that read the
name by which a program was called.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from tests.e2e.agreement import assert_equals_truth
from tests.e2e.conftest import ROOT
from tests.e2e.running import Funkqa

pytestmark = pytest.mark.recipes

XZ_PROGRAMS = ["xz", "unxz", "xzcat", "lzma", "unlzma", "lzcat", "xzdec", "lzmadec", "lzmainfo"]
XZ_FILES = [
    "/usr/bin/xz",
    "/usr/bin/xzdec",
    "/usr/bin/lzmadec",
    "/usr/bin/lzmainfo",
    "/usr/lib64/liblzma.so.5.4.1",
]
CASES = {
    "grep": (["grep"], ["/usr/bin/grep"]),
    "sed": (["sed"], ["/usr/bin/sed"]),
    "xz": (XZ_PROGRAMS, XZ_FILES),
}
UNFIT = ("ulimit", "sleep", "python3", "script -q", "setpriv", "Usage: ", "grep: binary")


@pytest.mark.parametrize("name", CASES)
def test_the_recipe_covers_what_runs(name: str, funkqa: Funkqa) -> None:
    programs, elves = CASES[name]
    recipe = fit(ROOT / f"recipes/{name}.yaml", funkqa.directory)
    assert_equals_truth(funkqa, recipe, [f"/usr/bin/{program}" for program in programs], elves)


def fit(recipe: Path, directory: Path) -> Path:
    """The recipe with the lines of its steps that run under valgrind as they run without."""
    whole = yaml.safe_load(recipe.read_text())
    for step in whole["execute"]:
        step["script"] = without(step["script"].splitlines(keepends=True))
    del whole["measure"]
    target = directory / recipe.name
    target.write_text(yaml.safe_dump(whole))
    return target


def without(lines: Sequence[str]) -> str:
    return "".join(line for line in lines if not any(word in line for word in UNFIT))
