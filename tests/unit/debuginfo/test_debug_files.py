"""From an image to its symbols: debug files as rpm lays them out, made by gcc, objcopy and dwz."""

import os
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from funkqa.debuginfo import locate
from funkqa.model.errors import ElfError
from funkqa.model.plan import DebugFileStatus
from funkqa.model.units import BuildId
from tests.debugroot import Root, declared, functions
from tests.elfwriter import elf, func

FRAMELESS = ("-fno-asynchronous-unwind-tables", "-nostartfiles")


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root(tmp_path)


def test_a_debug_file_is_found_by_build_id_and_merged(root: Root) -> None:
    image = root.library("a")
    root.install_debug("a", image)
    found = root.find(image)

    assert (found.status, found.problem, found.supplementary) == (DebugFileStatus.MERGED, "", None)
    assert found.symbols.is_relative_to(root.cache)
    assert functions(found, image) == {"hidden_a", "visible_a"}
    assert {each.unit for each in declared(found, image).values()} == {str(root.work / "a.d/a.c")}


def test_an_image_with_symtab_serves_without_a_debug_file(root: Root) -> None:
    root.library("a")
    image = root.work / "a"
    found = root.find(image)
    assert (found.status, found.symbols, found.problem) == (DebugFileStatus.OWN_SYMTAB, image, "")
    assert functions(found, image) == {"hidden_a", "visible_a"}


def test_a_stripped_image_without_a_debug_file_and_frames_has_only_its_dynsym(root: Root) -> None:
    image = root.library("a", *FRAMELESS)
    found = root.find(image)
    assert (found.status, found.symbols, found.problem) == (DebugFileStatus.DYNSYM_ONLY, image, "")
    assert functions(found, image) == {"visible_a"}


def test_an_image_without_symbols_has_nothing(root: Root, tmp_path: Path) -> None:
    image = tmp_path / "bare"
    image.write_bytes(elf(build_id="ab12"))
    assert root.find(image).status is DebugFileStatus.MISSING


def test_an_image_without_a_build_id_has_no_debug_file(root: Root) -> None:
    image = root.library("a", "-Wl,--build-id=none")
    assert root.find(image).status is DebugFileStatus.UNWIND


def test_the_debug_file_of_another_build_is_a_problem_and_the_own_symbols_serve(root: Root) -> None:
    image = root.library("a")
    other = root.library("b")
    root.install_debug("b", image)
    found = root.find(image)

    assert (found.status, found.symbols) == (DebugFileStatus.UNWIND, image)
    assert locate.facts_of(image).build_id in found.problem
    assert locate.facts_of(other).build_id in found.problem
    assert not list(root.cache.rglob("*.elf"))


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"no ELF at all"])
def test_a_damaged_debug_file_is_a_problem(root: Root, content: bytes) -> None:
    image = root.library("a")
    root.install_debug("a", image).write_bytes(content)
    found = root.find(image)
    assert (found.status, found.symbols) == (DebugFileStatus.UNWIND, image)
    assert found.problem


def test_a_debug_file_that_only_has_the_right_build_id_is_a_problem(root: Root) -> None:
    image = root.library("a")
    build_id = locate.facts_of(image).build_id
    root.install_debug("a", image).write_bytes(elf([func("f", 0x1000, 8)], build_id=build_id))
    found = root.find(image)
    assert found.status is DebugFileStatus.UNWIND
    assert "eu-unstrip" in found.problem


def test_a_merged_file_is_kept_and_used_again(root: Root) -> None:
    image = root.library("a")
    debug = root.install_debug("a", image)
    first = root.find(image)
    made = first.symbols.stat()
    os.utime(first.symbols, ns=(0, made.st_mtime_ns))
    again = root.find(image)
    assert again == first
    assert again.symbols.stat().st_atime_ns > 0
    assert (again.symbols.stat().st_ino, again.symbols.stat().st_mtime_ns) == (made.st_ino, made.st_mtime_ns)
    debug.unlink()
    assert root.find(image).status is DebugFileStatus.UNWIND


@pytest.mark.parametrize("damage", [b"", b"\x7fELF\x02\x01\x01", elf(build_id="ff" * 20)])
def test_a_damaged_merged_file_is_made_again(root: Root, damage: bytes) -> None:
    image = root.library("a")
    root.install_debug("a", image)
    kept = root.find(image).symbols
    whole = kept.read_bytes()
    kept.write_bytes(damage)
    assert root.find(image).symbols.read_bytes() == whole


def test_a_merged_file_that_was_cut_off_is_made_again(root: Root) -> None:
    image = root.library("a")
    root.install_debug("a", image)
    kept = root.find(image).symbols
    whole = kept.read_bytes()
    kept.write_bytes(whole[: len(whole) - 64])
    assert root.find(image).symbols.read_bytes() == whole


def test_processes_that_merge_at_once_get_the_same_file_and_leave_no_other(root: Root) -> None:
    image = root.library("a")
    root.install_debug("a", image)
    context = get_context("fork")
    processes = [context.Process(target=root.find, args=(image,)) for _ in range(6)]
    for process in processes:
        process.start()
    with ThreadPoolExecutor(2) as threads:
        found = set(threads.map(root.find, [image] * 6))
    for process in processes:
        process.join()
        assert process.exitcode == 0

    (only,) = found
    assert functions(only, image) == {"hidden_a", "visible_a"}
    assert root.kept() == [only.symbols]


def test_a_tool_that_fails_leaves_nothing_in_the_cache(root: Root) -> None:
    image = root.library("a")
    root.install_debug("a", image).write_bytes(elf(build_id=locate.facts_of(image).build_id))
    root.find(image)
    assert root.kept() == []


def test_the_debug_path_is_that_of_rpm() -> None:
    assert locate.debug_path(BuildId("ab12cd")) == "/usr/lib/debug/.build-id/ab/12cd.debug"


def test_a_file_that_cannot_be_opened_is_an_elf_error(tmp_path: Path) -> None:
    with pytest.raises(ElfError) as caught:
        locate.facts_of(tmp_path / "none")
    assert caught.value.where == os.fspath(tmp_path / "none")
