"""Kept inventories: read as they were written, or not at all."""

import os
from pathlib import Path

import pytest

from funkqa.debuginfo import inventories
from funkqa.debuginfo.inventories import Inventoried, Place
from funkqa.model.plan import DebugFile, DebugFileStatus, Inlined, SkipReason, Standing
from funkqa.model.units import BuildId, FileOffset
from tests.examples import function

KEPT = Inventoried(
    (
        function("main", names=("alias", "other"), file="a.c", unit="a.c", line=7, size=2**40),
        function("_ZN1a1bEv", demangled="a::b()", local=True, ordinal=3, vaddr=0x2000),
        function("odd\udcff\x00", standing=Standing.SKIPPED, reason=SkipReason.UNPROBEABLE, vaddr=2**64 - 1),
        function("_start", standing=Standing.GLUE, vaddr=0x3000),
    ),
    (Place(0, FileOffset(0x113A), True), Place(0, FileOffset(0x200), False), Place(1, FileOffset(0x2000), True)),
    (Inlined("gone", "gone", "a.c", "a.h", 12),),
)
ID = BuildId("ab12cd")


@pytest.mark.parametrize("inventoried", [KEPT, Inventoried((), (), ())])
def test_an_inventory_is_read_as_it_was_written(tmp_path: Path, inventoried: Inventoried) -> None:
    path = tmp_path / "ab" / "kept"
    inventories.save(path, inventoried)
    assert inventories.load(path) == inventoried
    assert [file.name for file in path.parent.iterdir()] == ["kept"]


def test_a_damaged_inventory_is_as_good_as_not_there(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    inventories.save(path, KEPT)
    whole = path.read_bytes()
    for at in range(0, len(whole), 7):
        path.write_bytes(whole[:at] + bytes((whole[at] ^ 4,)) + whole[at + 1 :])
        assert inventories.load(path) is None
        path.write_bytes(whole[:at])
        assert inventories.load(path) is None
    assert inventories.load(tmp_path / "absent") is None


def test_another_build_file_or_status_has_another_inventory(tmp_path: Path) -> None:
    symbols, other = tmp_path / "symbols", tmp_path / "other"
    symbols.write_bytes(b"1")
    other.write_bytes(b"12")
    image = symbols.stat()
    merged = DebugFile(DebugFileStatus.MERGED, symbols)
    paths = [
        inventories.path_of(tmp_path, ID, image, merged),
        inventories.path_of(tmp_path, BuildId("ab12ce"), image, merged),
        inventories.path_of(tmp_path, ID, other.stat(), merged),
        inventories.path_of(tmp_path, ID, image, DebugFile(DebugFileStatus.WANT_SUPPLEMENTARY, symbols)),
        inventories.path_of(tmp_path, ID, image, DebugFile(DebugFileStatus.MERGED, other)),
        inventories.path_of(tmp_path, ID, image, DebugFile(DebugFileStatus.MERGED, symbols, other)),
    ]
    assert len(set(paths)) == len(paths)
    assert inventories.path_of(tmp_path, ID, image, merged) == paths[0]
    assert inventories.path_of(tmp_path, BuildId(""), image, merged) is None


def test_a_cache_that_cannot_be_written_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    inventories.save(tmp_path / "file" / "kept", KEPT)
    assert os.listdir(tmp_path) == ["file"]
