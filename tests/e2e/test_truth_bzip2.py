"""The functions that funkqa calls covered are exactly those that ran."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from funkqa.store.reader import read_result
from tests.e2e.agreement import assert_equals_truth, covered
from tests.e2e.conftest import ROOT
from tests.e2e.running import Funkqa

BZIP2_STEPS = (
    "inputs",
    "every block size",
    "small memory in both directions",
    "pipes and concatenated streams",
    "verbosity",
    "recovery of the undamaged blocks",
)
"""Enough to run most functions, few enough for an interpreter of machine code."""

BZIP2 = ("/usr/bin/bzip2", "/usr/bin/bzip2recover", "/usr/lib64/libbz2.so.1.0.8")
TINY = "component: bzip2\nalso: libbz2-1\nexecute: seq 99 | bzip2 | bunzip2\n"
GZIP = """\
component: gzip
prepare: seq 5000 >text
execute:
  - gzip -k9 text
  - gzip -dc text.gz | cmp - text
  - gzip -1 <text | gzip -t
  - gzip -lv text.gz
"""
XZ = """\
component: xz
also: liblzma5
prepare: seq 50000 >text
execute:
  - xz -k text
  - xz --decompress --stdout text.xz | cmp - text
  - xz --list --verbose text.xz
  - xz --format=lzma --stdout text | xz --test --format=lzma
  - xz -T2 --block-size=65536 --stdout text | xz -dc | cmp - text
"""
PLUGINS = """\
component: [labtools, labtools-plugins]
execute: [labplug alpha, labplug alpha beta alpha]
"""
PLUGIN_FILES = ("/usr/bin/labplug", "/usr/lib64/labtools/alpha.so", "/usr/lib64/labtools/beta.so")


def test_bzip2(funkqa: Funkqa) -> None:
    """Programs, their hard links and their library."""
    whole = yaml.safe_load((ROOT / "recipes/bzip2.yaml").read_text())
    whole["execute"] = [step for step in whole["execute"] if step["name"] in BZIP2_STEPS]
    assert len(whole["prepare"] + whole["execute"]) == len(BZIP2_STEPS)
    del whole["measure"]
    recipe = funkqa.directory / "bzip2.yaml"
    recipe.write_text(yaml.safe_dump(whole))
    programs = [f"/usr/bin/{name}" for name in ("bzip2", "bunzip2", "bzcat", "bzip2recover")]
    assert_equals_truth(funkqa, recipe, programs, BZIP2)


def test_gzip(funkqa: Funkqa) -> None:
    """A program with many static functions, and gnulib's."""
    assert_equals_truth(funkqa, funkqa.recipe("gzip", GZIP), ["/usr/bin/gzip"], ["/usr/bin/gzip"])


def test_xz(funkqa: Funkqa) -> None:
    """Threads, and a library whose symbols have versions."""
    elves = ["/usr/bin/xz", "/usr/lib64/liblzma.so.5.4.1"]
    assert_equals_truth(funkqa, funkqa.recipe("xz", XZ), ["/usr/bin/xz"], elves)


def test_plugins_that_dlopen_loads(funkqa: Funkqa) -> None:
    assert_equals_truth(funkqa, funkqa.recipe("plugins", PLUGINS), ["/usr/bin/labplug"], PLUGIN_FILES)


def test_a_static_function_that_only_the_debug_file_names_is_covered(funkqa: Funkqa) -> None:
    recipe = funkqa.recipe("static", PLUGINS)
    assert funkqa.run(recipe).returncode == 0
    _, hit = covered(funkqa.result(recipe), PLUGIN_FILES)
    names = {name for found in hit.values() for name in found}
    assert {"greet", "run_plugin", "plugin_entry", "main"} <= names
    assert "alpha_unused" not in names


@pytest.mark.parametrize("text", [TINY, XZ], ids=["tiny", "threads"])
def test_five_runs_cover_the_same(funkqa: Funkqa, text: str) -> None:
    found: list[Mapping[tuple[str, int], frozenset[str]]] = []
    for number in range(5):
        recipe = funkqa.recipe(f"again{number}", text)
        done: subprocess.CompletedProcess[str] = funkqa.run(recipe)
        assert done.returncode == 0, done.stderr
        found.append(_hits(funkqa.result(recipe)))
    assert found[0]
    assert all(run == found[0] for run in found[1:])


def _hits(result: str) -> Mapping[tuple[str, int], frozenset[str]]:
    measurement = read_result(Path(result))
    paths = [image.path for image in measurement.images]
    return covered(result, paths)[1]
