"""Programs in other languages than C, as Debian builds them: their functions and the names of these."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.compiling import instructions, readelf_functions, tool
from tests.e2e.conftest import ROOT
from tests.e2e.test_inventory import listed
from tests.e2e.traced import Tracer

DOWNLOADS = ROOT / ".cache/debian"


@pytest.fixture
def trace(tmp_path: Path, cache: Path) -> Tracer:
    return Tracer(tmp_path, cache)


def debian(package: str) -> Path:
    """The files of a package of Debian."""
    folder = DOWNLOADS / package
    if not (folder / "ready").exists():
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            ["apt-get", "download", "-q", package], cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        (deb,) = folder.glob("*.deb")
        tool("dpkg", "--extract", str(deb), str(folder / "root"))
        (folder / "ready").touch()
    return folder / "root"


def test_a_stripped_program_of_go_is_listed_and_measured(trace: Tracer, cache: Path) -> None:
    program = debian("golang-petname") / "usr/bin/golang-petname"
    sections = tool("eu-readelf", "--sections", str(program))
    assert ".gopclntab" in sections
    assert ".symtab" not in sections

    image = listed(cache, program)

    found = {function["name"]: function for function in image["functions"]}
    header = tool("readelf", "--file-header", str(program))
    assert found["_rt0_amd64_linux"]["vaddr"] == int(header.partition("Entry point address:")[2].split()[0], 16)
    assert len(found) > 1000
    assert found["main.main"]["file"].endswith("petname/main.go")
    assert image["debug"] == "own-symtab"

    traced = trace([program], program)
    assert traced.returncode == 0
    # The kernel refuses a probe on int, and what follows it runs only if somebody handles SIGTRAP.
    assert traced.skipped == ("runtime.abort",)
    abort = found["runtime.abort"]
    assert instructions(program, abort["vaddr"], abort["vaddr"] + 2) == [(abort["vaddr"], "int    0x3")]
    assert {"main.main", "runtime.main", "_rt0_amd64_linux", "main.init.0"} <= traced.names()
    assert not traced.names() & {"runtime.gopanic", "runtime.throw", "runtime.fatalthrow"}


def test_functions_of_d_have_their_names(cache: Path) -> None:
    program = debian("dub") / "usr/bin/dub"
    image = listed(cache, program)

    named = {name: each["demangled"] for each in image["functions"] for name in (each["name"], *each["aliases"])}
    mangled = {row.name for row in readelf_functions(program, ".dynsym") if row.name.startswith("_D")}
    assert len(mangled) > 1000
    thunks = {name for name in mangled if name.startswith("_DTi")}
    assert mangled - named.keys() == thunks
    assert {re.sub(r"^_DTi\d+", "", name) for name in thunks} < mangled
    assert [name for name in mangled - thunks if named[name] == name] == []
