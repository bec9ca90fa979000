"""One source, packaged as openSUSE and as Fedora package it: the same functions, and the same of them covered."""

import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from funkqa.analysis.coverage import cover
from funkqa.model.coverage import State
from funkqa.model.plan import DebugFileStatus
from funkqa.store.reader import read_result
from tests.e2e.conftest import ROOT
from tests.e2e.running import Funkqa

SUSE, FEDORA, ALIKE = "suse", "fedora", "fedora-alike"
"""``ALIKE`` is Fedora's without the two of its options that change what is inlined, or the source itself."""

SPECS = {
    SUSE: ("host-libraries", "bzip2", "gzip", "openssl", "qpdf", "busybox", "labtools", "labparent"),
    FEDORA: ("host-libraries", "bzip2", "gzip", "openssl", "qpdf", "busybox", "labtools", "labparent"),
    ALIKE: ("host-libraries", "gzip", "qpdf"),
}
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
    code: frozenset[tuple[str, str]]
    """Image and name of functions with code, under every name."""
    inlined: frozenset[tuple[str, str]]
    """And of those that exist only inlined, which are listed as not measurable."""


Looked = Callable[[Funkqa, str, str], Seen]


@pytest.fixture(scope="session")
def repositories(measurable_host: None) -> Mapping[str, Path]:
    for flavour, specs in SPECS.items():
        command = [str(ROOT / "tests/packages/build"), "--flavour", flavour, *specs]
        built = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        assert built.returncode == 0, built.stdout + built.stderr
    return {flavour: ROOT / ".cache/packages" / flavour / "repo" for flavour in SPECS}


@pytest.fixture(scope="session")
def seen(repositories: Mapping[str, Path]) -> Looked:
    """What a run of a recipe sees with the packages of a flavour; one run for all tests."""
    known: dict[tuple[str, str], Seen] = {}

    def look(funkqa: Funkqa, name: str, flavour: str) -> Seen:
        if (name, flavour) not in known:
            known[name, flavour] = measured(funkqa, name, repositories[flavour])
        return known[name, flavour]

    return look


def measured(funkqa: Funkqa, name: str, repository: Path) -> Seen:
    recipe = funkqa.recipe(name, RECIPES[name])
    result = Path(funkqa.result(recipe))
    done = funkqa("run", str(recipe), "--quiet", "--repo", str(repository), "-o", str(result))
    assert done.returncode == 0, done.stdout + done.stderr
    functions, code, inlined = {}, set(), set()
    for image in cover(read_result(result)).images:
        assert image.image.debug is DebugFileStatus.MERGED
        key = image.image.soname or image.image.path
        inlined |= {(key, each.name) for each in image.image.inlined}
        for function, state in ((each.function, each.state) for each in image.functions):
            code |= {(key, each) for each in function.names}
            unit = function.unit if function.local else ""
            functions[key, function.name, unit, function.ordinal] = (state, function.file, function.line)
    assert len(functions) > AT_LEAST[name]
    assert State.COVERED in {state for state, _, _ in functions.values()}
    return Seen(functions, frozenset(code), frozenset(inlined))


@pytest.mark.parametrize("name", ["bzip2", "openssl", "busybox", "labparent", "labtools"])
def test_functions_and_coverage_are_equal_to_the_last_one(funkqa: Funkqa, seen: Looked, name: str) -> None:
    assert seen(funkqa, name, SUSE) == seen(funkqa, name, FEDORA)


@pytest.mark.parametrize("name", ["gzip", "qpdf"])
def test_and_so_they_are_where_two_options_of_fedora_matter_without_them(
    funkqa: Funkqa, seen: Looked, name: str
) -> None:
    assert seen(funkqa, name, SUSE) == seen(funkqa, name, ALIKE)


def test_with_exceptions_gzip_has_one_function_more_as_code_and_none_more_in_all(
    funkqa: Funkqa, seen: Looked
) -> None:
    suse, fedora = (seen(funkqa, "gzip", flavour) for flavour in (SUSE, FEDORA))
    assert fedora.code - suse.code == suse.inlined - fedora.inlined == {("/usr/bin/gzip", "gen_codes")}
    assert suse.code < fedora.code
    assert fedora.inlined < suse.inlined
    assert suse.code | suse.inlined == fedora.code | fedora.inlined
    assert suse.functions.items() < fedora.functions.items()


def test_with_assertions_of_the_standard_library_qpdf_has_the_same_functions_of_its_own(
    funkqa: Funkqa, seen: Looked
) -> None:
    """What is code in one build alone is inlined in the other, or folded into a function with equal code.

    Instances of the templates of the standard library are left out: the assertions are part of their source.
    """
    suse, fedora = (seen(funkqa, "qpdf", flavour) for flavour in (SUSE, FEDORA))
    for one, other in ((suse, fedora), (fedora, suse)):
        alone = {key for key in one.functions.keys() - other.functions.keys() if _is_own(key)}
        assert {key[:2] for key in alone} <= other.code | other.inlined
    both = {key for key in suse.functions.keys() & fedora.functions.keys() if _is_own(key)}
    assert len(both) > AT_LEAST["qpdf"] / 2
    assert {key: suse.functions[key] for key in both} == {key: fedora.functions[key] for key in both}


def _is_own(key: Key) -> bool:
    return not STANDARD_LIBRARY.match(key[1])
