"""Whole recipes of the library under callgrind: what funkqa calls covered is what ran."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from tests.e2e.agreement import assert_equals_truth
from tests.e2e.conftest import ROOT
from tests.e2e.running import Funkqa

pytestmark = pytest.mark.recipes

UNLIMITED = "valgrind itself needs more memory than that"
BY_PYTHON = "to callgrind a function that libffi calls is a part of libffi"
READY = "under valgrind the program is ready for its signal or its next input later"


class Case(NamedTuple):
    """A recipe, its programs and ELF files below /usr, and what to run instead of a text of its steps, and why."""

    programs: str
    elves: str
    instead: Mapping[str, tuple[str, str]] = {}


CASES = {
    "bzip2": Case(
        "bzip2 bunzip2 bzcat bzip2recover",
        "bin/bzip2 bin/bzip2recover lib64/libbz2.so.1.0.8",
        {
            "ulimit -v 5000\n": ("", UNLIMITED),
            """fails 1 "couldn't allocate enough memory" bzip2 -9c short >/dev/null\n""": ("", UNLIMITED),
            "sleep 0.2\n": ("sleep 3\n", READY),
            'python3 interfaces.py "$library"\n': ("", BY_PYTHON),
        },
    ),
    "grep": Case(
        "grep",
        "bin/grep",
        {
            """; fails 2 'memory exhausted' sh -c 'ulimit -v 40000; """
            """head -c 100000000 /dev/zero | tr "\\0" x | grep y'""": ("", UNLIMITED),
        },
    ),
    "gzip": Case(
        "gzip",
        "bin/gzip",
        {
            "case $( (ulimit -v $kilobytes; gzip -c text) 2>&1 >/dev/null) in *memory_exhausted*) break ;; esac": (
                "break",
                UNLIMITED,
            ),
            "sleep 0.3": ("sleep 3", READY),
        },
    ),
    "sed": Case(
        "sed",
        "bin/sed",
        {"ulimit -v 30000; fails 1 'memory exhausted' sed -n ':a;N;s/.*/&&/;ba' numbers\n": ("", UNLIMITED)},
    ),
    "xz": Case(
        "xz unxz xzcat lzma unlzma lzcat xzdec lzmadec lzmainfo",
        "bin/xz bin/xzdec bin/lzmadec bin/lzmainfo lib64/liblzma.so.5.4.1",
        {
            "ulimit -v 60000; fails 1 'Cannot allocate memory' xz -9 -T1 -c text\n": ("", UNLIMITED),
            "sleep 0.2": ("sleep 3", READY),
            "sleep 0.3": ("sleep 3", READY),
            'python3 interfaces.py "$library"\n': ("", BY_PYTHON),
        },
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_recipe_covers_what_runs(name: str, funkqa: Funkqa) -> None:
    case = CASES[name]
    recipe = fit(ROOT / f"recipes/{name}.yaml", case.instead, funkqa.directory)
    programs = [f"/usr/bin/{program}" for program in case.programs.split()]
    assert_equals_truth(funkqa, recipe, programs, [f"/usr/{elf}" for elf in case.elves.split()])


def fit(recipe: Path, instead: Mapping[str, tuple[str, str]], directory: Path) -> Path:
    """The recipe, whole but for what can't run under valgrind as it does without."""
    whole = yaml.safe_load(recipe.read_text())
    for old, (new, _) in instead.items():
        assert any(old in step["script"] for step in whole["execute"]), f"{recipe.name} has no {old!r}"
        for step in whole["execute"]:
            step["script"] = step["script"].replace(old, new)
    del whole["measure"]
    target = directory / recipe.name
    target.write_text(yaml.safe_dump(whole))
    return target
