"""Programs in other languages than C, of Debian or of its compilers: their functions and the names of these."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.compiling import instructions, readelf_functions, tool
from tests.e2e.conftest import ROOT
from tests.e2e.test_inventory import listed
from tests.e2e.traced import Tracer

DOWNLOADS = ROOT / ".cache/debian"

RUST = """\
mod shapes {
    pub struct Square(pub u32);
    pub trait Area { fn area(&self) -> u32; }
    impl Area for Square {
        #[inline(never)] fn area(&self) -> u32 { self.0 * self.0 }
    }
    #[inline(never)] pub fn widened<T: Into<u64>>(value: T) -> u64 { value.into() + 1 }
}
use shapes::Area;
#[inline(never)] fn unused(number: u32) -> u32 { number + 7 }
fn main() {
    let square = shapes::Square(std::env::args().count() as u32);
    println!("{} {}", square.area(), shapes::widened(square.0));
    if square.0 > 100 { println!("{}", unused(square.0)); }
}
"""
FORTRAN = """\
module shapes
contains
  integer function area(side)
    integer, intent(in) :: side
    area = side * side
  end function area
  integer function unused(side)
    integer, intent(in) :: side
    unused = 2 * side
  end function unused
end module shapes
program main
  use shapes
  integer :: side
  side = command_argument_count() + 3
  print *, area(side)
  if (side > 100) print *, unused(side)
end program main
"""


@pytest.fixture
def trace(tmp_path: Path, cache: Path) -> Tracer:
    return Tracer(tmp_path, cache)


def debian(*packages: str) -> Path:
    """The files of packages of Debian, unpacked beside each other and not installed."""
    folder = DOWNLOADS / packages[0]
    if not (folder / "ready").exists():
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            ["apt-get", "download", "-q", *packages], cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        for deb in folder.glob("*.deb"):
            tool("dpkg", "--extract", str(deb), str(folder / "root"))
            deb.unlink()
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


def test_functions_of_rust_have_their_names_lines_and_hits(trace: Tracer, cache: Path, tmp_path: Path) -> None:
    """Its own functions are mangled the new way (v0), those of the standard library in it the old one."""
    compiler = debian("rustc", "libstd-rust-1.63", "libstd-rust-dev")
    source, program = tmp_path / "area.rs", tmp_path / "area"
    source.write_text(RUST)
    options = ("-g", "-Copt-level=1", "-Csymbol-mangling-version=v0", "-Clink-arg=-Wl,--build-id")
    libraries = f"LD_LIBRARY_PATH={compiler}/usr/lib/x86_64-linux-gnu"
    rustc = ("env", libraries, f"{compiler}/usr/bin/rustc", "--sysroot", f"{compiler}/usr")
    tool(*rustc, *options, str(source), "-o", str(program))

    image = listed(cache, program)

    listed_at = {each["vaddr"]: each for each in image["functions"]}
    rows = readelf_functions(program, ".symtab")
    mangled = {row.name: row.vaddr for row in rows if row.name.startswith(("_R", "_ZN"))}
    assert sum(name.startswith("_R") for name in mangled) > 5
    assert sum(name.startswith("_ZN") for name in mangled) > 500
    assert {row.vaddr for row in rows if row.size} <= listed_at.keys()
    assert [
        name for name, vaddr in mangled.items() if listed_at[vaddr]["demangled"].startswith(("_R", "_ZN"))
    ] == []
    hashes = re.compile(r"::h[0-9a-f]{16}\b|\[[0-9a-f]{16}\]")
    assert [each["demangled"] for each in image["functions"] if hashes.search(each["demangled"])] == []
    own = {each["demangled"]: each["line"] for each in image["functions"] if each["file"] == str(source)}
    assert own == {
        "<area::shapes::Square as area::shapes::Area>::area": 5,
        "area::shapes::widened::<u32>": 7,
        "area::unused": 10,
        "area::main": 11,
    }
    traced = trace([program], program)
    assert (traced.returncode, traced.stdout) == (0, b"1 2\n")
    covered = {traced.functions[place].demangled for place in traced.covered}
    assert own.keys() - covered == {"area::unused"}


def test_functions_of_fortran_have_their_names_lines_and_hits(trace: Tracer, cache: Path, tmp_path: Path) -> None:
    source, program = tmp_path / "shapes.f90", tmp_path / "shapes"
    source.write_text(FORTRAN)
    tool("gfortran", "-g", "-O1", "-fno-inline", "-Wl,--build-id", str(source), "-o", str(program))
    image = listed(cache, program)
    own = {each["demangled"]: each["line"] for each in image["functions"] if each["file"] == str(source)}
    assert {name: own[name] for name in own if "::" in name} == {"shapes::area": 3, "shapes::unused": 7}
    traced = trace([program], program)
    assert (traced.returncode, traced.stdout.split()) == (0, [b"9"])
    covered = {traced.functions[place].demangled for place in traced.covered}
    assert own.keys() - covered == {"shapes::unused"}
