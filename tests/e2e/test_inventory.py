"""``funkqa functions`` on real files, against other readers; and what a hit on any body of a function means."""

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.compiling import compile_c, readelf_functions, tool
from tests.e2e import rpms
from tests.e2e.conftest import ROOT
from tests.e2e.rpms import unpacked
from tests.e2e.traced import COPIED, THUNK, Tracer

FILES = {
    "gzip": ("gzip", "usr/bin/gzip"),
    "bzip2": ("bzip2", "usr/bin/bzip2"),
    "liblzma5": ("liblzma5", "usr/lib64/liblzma.so.5.4.1"),
}


SYSTEM_HEADERS = {path.name for top in ("/usr/include", "/usr/lib/gcc") for path in Path(top).rglob("*.h")}
"""Their file names: eu-readelf prints no folders."""


@pytest.fixture
def trace(tmp_path: Path, cache: Path) -> Tracer:
    return Tracer(tmp_path, cache)


def listed(cache: Path, file: Path, debug: Path | None = None) -> Any:
    """The one image of ``funkqa functions --format json``, with the debug files below ``debug``."""
    command = [sys.executable, "-m", "funkqa", "functions", "--format", "json", str(file)]
    if debug is not None:
        bind = f'mkdir -p /usr/lib/debug && mount --bind "{debug}" /usr/lib/debug && exec "$@"'
        command = ["unshare", "--mount", "sh", "-c", bind, "sh", *command]
    environment = {**os.environ, "FUNKQA_CACHE": str(cache)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    (image,) = json.loads(done.stdout)["images"]
    return image


def debug_file(root: Path, file: Path) -> Path:
    notes = tool("eu-readelf", "--notes", str(file))
    build_id = notes.partition("Build ID: ")[2].split()[0]
    return root / f"usr/lib/debug/.build-id/{build_id[:2]}/{build_id[2:]}.debug"


@pytest.mark.parametrize("name", FILES)
def test_functions_of_packages_are_those_of_the_symbol_table_and_of_dwarf(
    repository: Path, cache: Path, tmp_path: Path, name: str
) -> None:
    package, path = FILES[name]
    (rpm,) = repository.glob(f"{package}-[0-9]*.rpm")
    (debuginfo,) = repository.glob(f"{package}-debuginfo-[0-9]*.rpm")
    root = unpacked(rpm, tmp_path / "root")
    tool("sh", "-c", f"cd '{root}' && rpm2cpio '{debuginfo}' | cpio --extract --make-directories -u --quiet")
    debug = debug_file(root, root / path)

    image = listed(cache, root / path, root / "usr/lib/debug")

    assert image["debug"] == "merged"
    symbols = readelf_functions(debug, ".symtab")
    found = {function["vaddr"]: function for function in image["functions"]}
    names = {function["name"] for function in image["functions"]}
    for row in symbols:
        copied = COPIED.match(row.name)
        assert row.vaddr in found or ".cold" in row.name or (copied and copied[1] in names), row
    assert found.keys() <= {row.vaddr for row in symbols}

    declared, inlined = by_readelf(debug)
    told = {vaddr: (Path(each["file"]).name, each["line"]) for vaddr, each in found.items() if each["file"]}
    checked = told.keys() & declared.keys()
    assert len(checked) > len(found) / 2
    assert {vaddr: told[vaddr] for vaddr in checked} == {vaddr: declared[vaddr] for vaddr in checked}
    assert declared.keys() & found.keys() <= told.keys()
    only_inlined = {(each["name"], each["line"], Path(each["file"]).name) for each in image["inlined"]}
    assert {each for each in only_inlined if each[2] not in SYSTEM_HEADERS} == inlined
    assert len(inlined) > 3


class Entry(NamedTuple):
    """An entry of DWARF as eu-readelf prints it: its kind, and its attributes in words."""

    kind: str
    says: dict[str, str]


def by_readelf(debug: Path) -> tuple[Mapping[int, tuple[str, int]], set[tuple[str, int, str]]]:
    """(file name, line) by entry, and (name, line, file name) of functions that exist only inlined."""
    entries = printed(debug)
    alive = {row.vaddr for row in readelf_functions(debug, ".symtab")}
    declared: dict[int, tuple[str, int]] = {}
    called, with_code = set[tuple[str, int, str]](), set[tuple[str, int, str]]()
    for entry in entries.values():
        if entry.kind not in ("subprogram", "inlined_subroutine"):
            continue
        says = dict(entry.says)
        while (origin := says.pop("abstract_origin", says.pop("specification", ""))) in entries:
            says = {**entries[origin].says, **says}
        if not says.get("decl_line"):
            continue
        place = (says["name"].strip('"'), int(says["decl_line"]), says["decl_file"].split()[0])
        if entry.kind == "inlined_subroutine":
            called.add(place)
        elif "low_pc" in says or "ranges" in says:
            entry_address = int(says.get("low_pc", "0").split()[0].lstrip("+"), 16)
            if entry_address:
                declared[entry_address] = (place[2], place[1])
            if entry_address in alive or "ranges" in says:
                with_code.add(place)
    return declared, {each for each in called if each[2] not in SYSTEM_HEADERS} - with_code


def printed(debug: Path) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    text = tool("eu-readelf", "--debug-dump=info", str(debug))
    for line in text.splitlines():
        if start := re.match(r" *\[ *([0-9a-f]+)\] +(\w+) +abbrev:", line):
            says: dict[str, str] = {}
            entries[f"[{start[1]}]"] = Entry(start[2], says)
        elif attribute := re.match(r" +(\w+) +\(\w+\) ?(.*)", line):
            says[attribute[1]] = attribute[2].replace("[ ", "[").replace(" ", "") if "[" in line else attribute[2]
    return entries


def test_libcrypto_has_thousands_of_functions_in_their_places(
    repository: Path, cache: Path, tmp_path: Path
) -> None:
    (rpm,) = repository.glob("libopenssl3-[0-9]*.rpm")
    (debuginfo,) = repository.glob("libopenssl3-debuginfo-[0-9]*.rpm")
    root = unpacked(rpm, tmp_path / "root")
    tool("sh", "-c", f"cd '{root}' && rpm2cpio '{debuginfo}' | cpio --extract --make-directories -u --quiet")
    file = (root / "usr/lib64/libcrypto.so.3").resolve()

    image = listed(cache, file, root / "usr/lib/debug")
    again = listed(cache, file, root / "usr/lib/debug")

    assert image == again
    symbols = {row.vaddr: row for row in readelf_functions(debug_file(root, file), ".symtab")}
    found = {function["vaddr"]: function for function in image["functions"]}
    copies = {vaddr for vaddr, row in symbols.items() if COPIED.match(row.name) and vaddr not in found}
    cold = {vaddr for vaddr, row in symbols.items() if ".cold" in row.name}
    assert len(found) > 9000
    assert found.keys() == symbols.keys() - copies - cold
    assert len(copies) < 100
    assembly = [each for each in image["functions"] if not each["file"] and each["standing"] == "probed"]
    assert {"sha256_block_data_order", "aesni_encrypt"} <= {each["name"] for each in assembly}
    assert 100 < len(assembly) < 1000
    names = defaultdict(set)
    for each in image["functions"]:
        names[each["name"], each["unit"] if each["local"] else "", each["ordinal"]].add(each["vaddr"])
    assert all(len(places) == 1 for places in names.values())
    assert image["counts"]["inlined"] == len(image["inlined"]) > 1000


@pytest.mark.parametrize(
    ("package", "main", "path", "least"),
    [
        ("busybox", "busybox", "usr/bin/busybox", 2_900),
        ("busybox-static", "busybox", "usr/bin/busybox-static", 4_500),
        ("libqpdf29", "qpdf", "usr/lib64/libqpdf.so.29.3.0", 3_000),
    ],
)
def test_functions_are_counted_as_by_nm(
    measurable_host: None, cache: Path, tmp_path: Path, package: str, main: str, path: str, least: int
) -> None:
    """Each address of code that has a name, but for cold parts, copies and thunks; with the debug file."""
    rpms.run(str(ROOT / "tests/packages/build"), "host-libraries", "busybox", "qpdf")
    repository = ROOT / ".cache/packages/suse/repo"
    root = unpacked(next(repository.glob(f"{package}-[0-9]*.rpm")), tmp_path / "root")
    debuginfo = unpacked(next(repository.glob(f"{package}-debuginfo-[0-9]*.rpm")), tmp_path / "debuginfo")
    # The supplementary file lies with the debuginfo of the main package.
    (with_dwz,) = repository.glob(f"{main}-debuginfo-[0-9]*.rpm")
    tool("sh", "-c", f"cd '{debuginfo}' && rpm2cpio '{with_dwz}' | cpio --extract --make-directories -u --quiet")

    image = listed(cache, root / path, debuginfo / "usr/lib/debug")

    assert image["debug"] == "merged"
    named = defaultdict(set)
    # A static program keeps its symbol table, a stripped one has it in the debug file.
    files = (root / path, debug_file(debuginfo, root / path))
    for line in "".join(tool("nm", "--defined-only", "--format=sysv", str(file)) for file in files).splitlines():
        name, address, _, kind, *_ = (*(field.strip() for field in line.split("|")), "", "", "", "")
        if kind in ("FUNC", "IFUNC") and ".cold" not in name:
            named[int(address, 16)].add(name)
    found = {each["vaddr"] for each in image["functions"]}
    assert len(found) > least
    extra = {vaddr: names for vaddr, names in named.items() if vaddr not in found}
    known = {name for each in image["functions"] for name in (each["name"], *each["aliases"])}
    copies = {vaddr for vaddr, names in extra.items() if {whole(name) for name in names} <= known}
    assert found <= named.keys()
    assert {vaddr: names for vaddr, names in extra.items() if vaddr not in copies} == {}
    assert len(copies) < len(found) / 20


def test_a_static_program_is_listed_from_its_own_symbol_table(
    measurable_host: None, cache: Path, tmp_path: Path
) -> None:
    rpms.run(str(ROOT / "tests/packages/build"), "host-libraries", "busybox")
    (rpm,) = (ROOT / ".cache/packages/suse/repo").glob("busybox-static-[0-9]*.rpm")
    program = unpacked(rpm, tmp_path / "root") / "usr/bin/busybox-static"
    image = listed(cache, program)
    assert image["debug"] == "own-symtab"
    rows = readelf_functions(program, ".symtab")
    found = {each["vaddr"] for each in image["functions"]}
    assert len(found) > 4_500
    assert found <= {row.vaddr for row in rows}
    missing = {row.name for row in rows if row.vaddr not in found and ".cold" not in row.name}
    known = {name for each in image["functions"] for name in (each["name"], *each["aliases"])}
    assert {whole(name) for name in missing} <= known


def whole(name: str) -> str:
    """What the symbol is a copy or a thunk of."""
    copied = COPIED.match(name)
    return THUNK.sub("_Z", copied[1] if copied else name)


SPLIT = """
#include <stdlib.h>
int sink;
int splits(int *p)
{
    if (!p) return 0;
    for (int i = 0; i < *p; i++) { sink += i; if (sink == 1000) abort(); sink ^= p[i]; }
    for (int i = 0; i < *p; i++) { sink += 2 * i; if (sink == 3000) abort(); sink ^= p[i + 1]; }
    return sink;
}
__attribute__((noinline)) int first(int *p) { return splits(p) + 1; }
__attribute__((noinline)) int second(int *p) { return splits(p) + 2; }
int main(int argc, char **argv)
{
    int numbers[] = {1, 2, 3};
    return argc > 1 ? 0 : (first(numbers) + second(numbers)) & 0;
}
"""


def test_a_function_ran_if_what_was_split_off_it_ran(trace: Tracer) -> None:
    program = compile_c(trace.directory / "split", SPLIT, "-O2", "-g")
    rows = {row.name: row for row in readelf_functions(program, ".symtab")}
    assert {"splits", "splits.part.0"} <= rows.keys()

    ran, idle = trace([program], program), trace([program], program, "no")

    place = (str(program), rows["splits"].vaddr)
    assert {name for _, name in ran.functions} & {rows["splits"].vaddr, rows["splits.part.0"].vaddr} == {place[1]}
    assert place in ran.covered
    assert place not in idle.covered
    assert idle.names() == {"main"}
