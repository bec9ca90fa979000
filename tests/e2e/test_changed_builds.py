"""What each kind of change to the source, or to the way it is built, changes: C and C++, both flavours, with and
without link-time optimization, checked by hand against the sources.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path

import pytest

from funkqa.model.change import Changes, CodeChange, Compared
from funkqa.pipeline.changed import find_changes
from tests.builds import found
from tests.compiling import tool
from tests.e2e.rpms import run
from tests.variants import FLAVOURS, LARGE, LTO, first, variant

PACKAGES = {"bzip2": ("bzip2", "libbz2-1"), "labshapes": ("labshapes",), "qpdf": ("qpdf", "libqpdf29")}
NOTHING: frozenset[str] = frozenset()
TELL, COMPLAIN = (
    f"(anonymous namespace)::{name}" for name in ("tell(char const*, double)", "complain(std::exception const&)")
)

TRUTH: Mapping[tuple[str, str], frozenset[str]] = {
    ("three", "bzip2"): frozenset(("copyFileName", "BZ2_hbAssignCodes", "BZ2_bzflush")),
    ("three", "labshapes"): frozenset(
        (COMPLAIN, "lab::Circle::circumference() const", "lab::Square::scale(double)")
    ),
    # Of bsW()'s callers bsPutUChar() and sendMTFValues() are inlined into BZ2_compressBlock() themselves.
    ("inline", "bzip2"): frozenset(("BZ2_compressBlock", "bsPutUInt32")),
    ("inline", "labshapes"): frozenset(
        (TELL, "lab::Circle::circumference() const", "lab::Square::diagonal() const")
    ),
    ("comment", "bzip2"): NOTHING,
    ("comment", "labshapes"): NOTHING,
    # Assertions tell their line, which is a number in the code of the functions that have one below the comment.
    ("lines", "bzip2"): NOTHING,
    ("lines", "labshapes"): frozenset(("lab::Circle::area() const", "lab::Square::halve()")),
    ("string", "bzip2"): frozenset(("BZ2_bzlibVersion", "mySignalCatcher")),
    ("string", "labshapes"): frozenset(
        ("lab::Circle::diameter[abi:cxx11]() const", "lab::Shape::described[abi:cxx11]() const")
    ),
    ("rebuilt", "bzip2"): NOTHING,
    ("rebuilt", "labshapes"): NOTHING,
}


@pytest.fixture(autouse=True)
def debuginfo(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUNKQA_CACHE", str(cache))


def compared(old: Path, new: Path, package: str) -> Changes:
    changes = find_changes(str(old), str(new), packages=PACKAGES.get(package, (package,)))
    assert changes.uncompared == ()
    assert changes.notes == ()
    assert {image.compared for image in changes.images} == {Compared.DECODED}
    return changes


def functions(changes: Changes) -> int:
    return sum(image.functions_after or 0 for image in changes.images)


@pytest.mark.parametrize(("flavour", "lto"), list(product(FLAVOURS, LTO)))
@pytest.mark.parametrize(("change", "package"), TRUTH)
def test_exactly_those_functions_change_that_the_source_says(
    change: str, package: str, flavour: str, lto: bool
) -> None:
    changes = compared(variant("plain", flavour, lto), variant(change, flavour, lto), package)
    wanted = TRUTH[change, package]
    assert found(changes) == ({"changed": set(wanted)} if wanted else {})
    assert functions(changes) == 74 if package == "bzip2" else functions(changes) >= 24


@pytest.mark.parametrize(("package", "flavour"), LARGE)
def test_a_rebuild_with_another_release_in_another_folder_changes_nothing(package: str, flavour: str) -> None:
    changes = compared(first(package, flavour), variant("rebuilt", flavour, True, (package,)), package)
    assert changes.functions == ()
    assert changes.old.packages != changes.new.packages
    assert functions(changes) >= {"gzip": 70, "qpdf": 4_000}[package]


@pytest.mark.parametrize(("flavour", "lto"), list(product(FLAVOURS, LTO)))
@pytest.mark.parametrize("package", ["bzip2", "labshapes"])
def test_another_option_of_the_compiler_changes_the_functions_that_objdump_shows_to_differ(
    package: str, flavour: str, lto: bool, tmp_path: Path
) -> None:
    folders = variant("plain", flavour, lto), variant("flag", flavour, lto)
    changes = compared(*folders, package)
    before, after = (
        listing(folder, into, PACKAGES[package])
        for folder, into in zip(folders, (tmp_path / "old", tmp_path / "new"), strict=True)
    )
    told = {
        change: {(stem(each.image), each.linkage_name) for each in changes.functions if each.change is change}
        for change in CodeChange
    }
    # A template that every unit has a copy of in one build only is neither the same function nor another one.
    both = (before.keys() & after.keys()) - told[CodeChange.ADDED] - told[CodeChange.REMOVED]
    assert told[CodeChange.CHANGED] & both == {name for name in both if before[name] != after[name]}
    assert len(told[CodeChange.CHANGED]) >= 3


Listing = dict[tuple[str, str], list[tuple[str, ...]]]
"""By image and name the instructions of a function and of its parts, without addresses and padding."""


def listing(folder: Path, into: Path, packages: Sequence[str]) -> Listing:
    into.mkdir()
    for path in folder.glob("*.rpm"):
        if path.name.startswith(tuple(packages)) and "debugsource" not in path.name:
            run("sh", "-c", f"rpm2cpio '{path}' | cpio --extract --make-directories --quiet", cwd=into)
    found: Listing = defaultdict(list)
    programs = [path for path in (into / "usr").glob("[bl]i*/*") if not path.is_symlink() and is_elf(path)]
    for path in {path.stat().st_ino: path for path in programs}.values():
        merged = into / "merged"
        tool("eu-unstrip", "-e", str(path), f"--debuginfo-path={into}/usr/lib/debug", "-o", str(merged))
        text = tool("objdump", "-d", "-w", "--no-show-raw-insn", "--section=.text", str(merged))
        image = "bzip2" if path.name in ("bunzip2", "bzcat") else stem(path.name)
        for name, body in re.findall(r"^[0-9a-f]+ <(.+)>:\n((?:.+\n)+)", text, re.MULTILINE):
            found[image, PART.sub("", name)].append(tuple(filter(None, map(bare, body.splitlines()))))
    return {name: sorted(bodies) for name, bodies in found.items()}


PART = re.compile(r"(?:\.(?:cold|(?:lto_priv|part|constprop|isra)\.\d+))+$")
PADDING = re.compile(r"data16 |cs |xchg +%ax,%ax$|nop|int3")
ADDRESS = re.compile(r"-?0x[0-9a-f]+\(%rip\)|\b[0-9a-f]+ <.*")


def bare(line: str) -> str:
    """An instruction of objdump's without addresses; empty for padding."""
    instruction = line.partition("\t")[2].partition("#")[0].strip()
    return "" if PADDING.match(instruction) else ADDRESS.sub("@", instruction)


def stem(image: str) -> str:
    return Path(image).name.partition(".so")[0]


def is_elf(path: Path) -> bool:
    return path.is_file() and path.read_bytes()[:4] == b"\x7fELF"
