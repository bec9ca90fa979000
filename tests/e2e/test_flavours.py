"""One source, packaged as openSUSE and as Fedora package it: the same functions, and the same of them covered."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from funkqa.analysis.coverage import cover
from funkqa.model.coverage import State
from funkqa.model.plan import DebugFileStatus
from funkqa.store.reader import read_result
from tests.e2e.conftest import ROOT
from tests.e2e.running import Funkqa

FLAVOURS = ("suse", "fedora")
SPECS = ("host-libraries", "bzip2", "gzip", "openssl", "qpdf", "busybox", "labtools", "labparent")
RECIPES = {
    "bzip2": """\
        component: bzip2
        also: libbz2-1
        execute: [seq 9999 | bzip2 -9 | bunzip2 >/dev/null, bzip2 --help]
        """,
    "openssl": """\
        component: openssl
        also: libopenssl3
        execute:
          - openssl list -providers -provider legacy -provider default
          - echo x | openssl enc -aes-128-cbc -pbkdf2 -pass pass:a >/dev/null
          - echo x | openssl dgst -sha256
          - openssl engine -t padlock || true
        """,
    "busybox": """\
        component: busybox
        also: busybox-static
        execute:
          - seq 999 | busybox sort -n | busybox gzip | busybox-static zcat | busybox-hardlink tail -1
          - /usr/libexec/busybox/expr 3 + 4
        """,
    # The main package has no ELF file.
    "labparent": "component: labparent\nalso: labparent-tools\nexecute: labparent\n",
    # Set-user-ID, capabilities, plug-ins, a helper in libexec.
    "labtools": """\
        component: labtools
        also: labtools-plugins
        execute:
          - {script: labsuid, user: nobody}
          - {script: labcap, user: nobody}
          - labplug
          - labexec
        """,
    "gzip": "component: gzip\nexecute: [seq 9999 | gzip -9 | gzip -d >/dev/null, gzip --version]\n",
    "qpdf": """\
        component: qpdf
        also: libqpdf29
        require: qpdf-tests
        execute:
          - qpdf --qdf --object-streams=disable /usr/share/qpdf/tests/11-pages.pdf plain.pdf
          - qpdf --check plain.pdf
        """,
}
AT_LEAST = {
    "labparent": 3,
    "labtools": 10,
    "bzip2": 90,
    "openssl": 11_000,
    "busybox": 7_500,
    "gzip": 70,
    "qpdf": 3_000,
}
"""Functions."""

Key = tuple[str, str, str, int]
"""Image, name, unit of a static function, ordinal: what a function is called in every build."""

STANDARD_LIBRARY = re.compile(r"_Z+N?K?(?:S[absitdo]|9__gnu_cxx)|_ZT")


class Seen(NamedTuple):
    functions: Mapping[Key, tuple[State, str, int]]
    """State, file and line."""
    names: frozenset[tuple[str, str]]
    """Image and name of functions with code, under every name, and of those that exist only inlined."""


@pytest.fixture(scope="session")
def repositories(measurable_host: None) -> Mapping[str, Path]:
    for flavour in FLAVOURS:
        command = [str(ROOT / "tests/packages/build"), "--flavour", flavour, *SPECS]
        built = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        assert built.returncode == 0, built.stdout + built.stderr
    return {flavour: ROOT / ".cache/packages" / flavour / "repo" for flavour in FLAVOURS}


def seen(funkqa: Funkqa, name: str, repository: Path) -> Seen:
    recipe = funkqa.recipe(name, RECIPES[name])
    result = Path(funkqa.result(recipe))
    done = funkqa("run", str(recipe), "--quiet", "--repo", str(repository), "-o", str(result))
    assert done.returncode == 0, done.stdout + done.stderr
    functions, names = {}, set()
    for image in cover(read_result(result)).images:
        assert image.image.debug is DebugFileStatus.MERGED
        key = image.image.soname or image.image.path
        names |= {(key, each.name) for each in image.image.inlined}
        for function, state in ((each.function, each.state) for each in image.functions):
            names |= {(key, each) for each in function.names}
            unit = function.unit if function.local else ""
            functions[key, function.name, unit, function.ordinal] = (state, function.file, function.line)
    assert len(functions) > AT_LEAST[name]
    assert State.COVERED in {state for state, _, _ in functions.values()}
    return Seen(functions, frozenset(names))


@pytest.mark.parametrize("name", ["bzip2", "openssl", "busybox", "labparent", "labtools"])
def test_inventory_and_coverage_are_equal_to_the_last_function(
    funkqa: Funkqa, repositories: Mapping[str, Path], name: str
) -> None:
    suse, fedora = (seen(funkqa, name, repository) for repository in repositories.values())
    assert suse == fedora


@pytest.mark.parametrize("name", ["gzip", "qpdf"])
def test_they_differ_only_where_the_distributions_options_make_the_compiler_inline_differently(
    funkqa: Funkqa, repositories: Mapping[str, Path], name: str
) -> None:
    """What one alone has as code of its own, the other has inlined, or folded into a function with equal code.

    Instances of the templates of the standard library are left out: Fedora's assertions change their code.
    """
    suse, fedora = (seen(funkqa, name, repository) for repository in repositories.values())
    for one, other in ((suse, fedora), (fedora, suse)):
        alone = {key for key in one.functions.keys() - other.functions.keys() if _is_own(key)}
        assert {key[:2] for key in alone} <= other.names
    both = {key for key in suse.functions.keys() & fedora.functions.keys() if _is_own(key)}
    assert len(both) > AT_LEAST[name] / 2
    assert {key: suse.functions[key] for key in both} == {key: fedora.functions[key] for key in both}


def _is_own(key: Key) -> bool:
    return not STANDARD_LIBRARY.match(key[1])
