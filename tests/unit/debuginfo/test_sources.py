"""Each source of debuginfo, reached for real: gcc, objcopy, xz, dwz, and debuginfod's own client."""

import os
import shutil
from pathlib import Path

import pytest

from funkqa.debuginfo import locate
from funkqa.debuginfo.cache import SERVERS
from funkqa.model.plan import DebugFile, DebugFileStatus
from tests.compiling import readelf_functions, tool
from tests.debugroot import Root, declared, functions

BOTH = {"hidden_a", "visible_a"}
NOBODY = "http://127.0.0.1:9/"
"""Nobody listens there."""


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root(tmp_path)


def lines(found: DebugFile, image: Path) -> set[int]:
    """Where functions are declared."""
    return {declaration.line for declaration in declared(found, image).values()}


def serve(root: Root, *files: Path) -> str:
    """A URL with these files by build ID, laid out as debuginfod(8) answers: its client takes ``file://`` too."""
    for file in files:
        target = root.work / "served/buildid" / locate.facts_of(file).build_id / "debuginfo"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
    return f"file://{root.work}/served"


def with_minidebuginfo(root: Root, image: Path) -> Path:
    """Put ``.gnu_debugdata`` into the image, with the commands of rpm's find-debuginfo."""
    debug = root.debug("a")
    dynamic = {row.name for row in readelf_functions(image, ".dynsym")}
    functions = {row.name for row in readelf_functions(debug, ".symtab")}
    kept, mini = root.work / "kept", root.work / "mini"
    kept.write_text("\n".join(sorted(functions - dynamic)) + "\n")
    tool("objcopy", "-S", "--remove-section=.comment", f"--keep-symbols={kept}", str(debug), str(mini))
    tool("xz", "--force", str(mini))
    tool("objcopy", f"--add-section=.gnu_debugdata={mini}.xz", str(image))
    return image


@pytest.mark.parametrize("where", ["/usr/lib64", "/usr/lib64/.debug", "/usr/lib/debug/usr/lib64"])
def test_a_debuglink_is_followed_where_gdb_does(root: Root, where: str) -> None:
    image = root.library("a")
    directory = root.place.path(where)
    directory.mkdir(parents=True, exist_ok=True)
    shutil.copy(root.debug("a"), directory)
    found = root.find(image)
    assert (found.status, found.problem, found.warning) == (DebugFileStatus.DEBUGLINK, "", "")
    assert functions(found, image) == BOTH
    assert lines(found, image) == {3, 5}


def test_a_debuglink_serves_where_there_is_no_build_id(root: Root) -> None:
    image = root.library("a", "-Wl,--build-id=none")
    shutil.copy(root.debug("a"), image.parent)
    assert functions(root.find(image), image) == BOTH
    assert root.find(image).status is DebugFileStatus.DEBUGLINK


def test_a_file_with_the_name_but_not_the_crc_of_a_debuglink_is_not_taken(root: Root) -> None:
    image = root.library("a")
    content = bytearray(root.debug("a").read_bytes())
    content[-1] ^= 1
    (image.parent / root.debug("a").name).write_bytes(content)
    assert root.find(image).status is DebugFileStatus.UNWIND


def test_minidebuginfo_names_every_function_and_declares_none(root: Root) -> None:
    image = with_minidebuginfo(root, root.library("a"))
    found = root.find(image)
    assert (found.status, found.problem) == (DebugFileStatus.MINIDEBUGINFO, "")
    assert functions(found, image) == BOTH
    assert lines(found, image) == set()
    assert found.status.complete


def test_a_static_function_that_minidebuginfo_lacks_is_listed_by_its_address(root: Root) -> None:
    (root.work / "b.c").write_text(
        "static __attribute__((noinline)) int visible_a(int n) { return n * 7; }\n"
        "int other_a(int n) { return visible_a(n); }\n"
    )
    image = with_minidebuginfo(root, root.library("a", "-fno-inline", str(root.work / "b.c")))
    twice = [row for row in readelf_functions(root.debug("a"), ".symtab") if row.name == "visible_a"]
    (static,) = [row for row in twice if row.local]
    found = root.find(image)
    assert found.status is DebugFileStatus.MINIDEBUGINFO
    assert functions(found, image, f"function_at_{static.vaddr:x}") == {
        *BOTH,
        "other_a",
        f"function_at_{static.vaddr:x}",
    }


def test_minidebuginfo_in_the_cache_is_used_again_and_heals(root: Root) -> None:
    image = with_minidebuginfo(root, root.library("a"))
    first = root.find(image)
    made = first.symbols.stat()
    assert root.find(image) == first
    assert first.symbols.stat().st_ino == made.st_ino
    whole = first.symbols.read_bytes()
    first.symbols.write_bytes(whole[:500] + b"\xff" * 20 + whole[520:])
    assert root.find(image) == first
    assert first.symbols.read_bytes() == whole


def test_damaged_minidebuginfo_is_a_problem(root: Root) -> None:
    image = root.library("a")
    damaged = root.work / "damaged"
    damaged.write_bytes(b"no xz")
    tool("objcopy", f"--add-section=.gnu_debugdata={damaged}", str(image))
    found = root.find(image)
    assert found.status is DebugFileStatus.UNWIND
    assert ".gnu_debugdata is damaged" in found.problem
    assert root.kept() == []


def test_without_all_symbols_functions_are_called_by_the_address_of_their_frames(root: Root) -> None:
    image = root.library("a")
    hidden = next(row for row in readelf_functions(root.debug("a"), ".symtab") if row.name == "hidden_a")
    found = root.find(image)
    assert (found.status, found.symbols, found.problem) == (DebugFileStatus.UNWIND, image, "")
    assert not found.status.complete
    assert functions(found, image, "function_at_") == {"visible_a", f"function_at_{hidden.vaddr:x}"}


def test_a_server_has_the_debug_file(root: Root) -> None:
    image = root.library("a")
    urls = serve(root, root.debug("a"))
    found = root.find(image, urls)
    assert (found.status, found.problem, found.warning) == (DebugFileStatus.DEBUGINFOD, "", "")
    assert functions(found, image) == BOTH
    assert lines(found, image) == {3, 5}
    assert not [path for path in (root.cache / SERVERS).rglob("*") if path.name.startswith("debuginfo")]


def test_what_a_server_had_is_used_again_when_it_is_gone(root: Root) -> None:
    image = root.library("a")
    first = root.find(image, serve(root, root.debug("a")))
    assert root.find(image, NOBODY) == first
    assert root.find(image) == first


@pytest.mark.parametrize("suffix", [".debug", ".elf"])
def test_what_was_fetched_heals_when_it_is_damaged(root: Root, suffix: str) -> None:
    image = root.library("a")
    urls = serve(root, root.debug("a"))
    first = root.find(image, urls)
    (path,) = (path for path in root.kept() if path.suffix == suffix)
    whole = path.read_bytes()
    path.write_bytes(whole[:600] + bytes(50) + whole[650:])
    assert root.find(image, urls) == first
    assert functions(first, image) == BOTH
    assert first.symbols.read_bytes() == whole or suffix == ".debug"


def test_an_installed_debug_file_comes_before_a_server(root: Root) -> None:
    image = root.library("a")
    root.install_debug("a", image)
    assert root.find(image, NOBODY) == root.find(image)
    assert root.find(image, NOBODY).status is DebugFileStatus.MERGED


def test_a_server_serves_where_the_installed_debug_file_is_damaged_and_that_is_told(root: Root) -> None:
    image = root.library("a")
    root.install_debug("a", image).write_bytes(b"no ELF")
    found = root.find(image, serve(root, root.debug("a")))
    assert (found.status, found.problem) == (DebugFileStatus.DEBUGINFOD, "")
    assert locate.debug_path(locate.facts_of(image).build_id) in found.warning


def test_a_server_has_the_supplementary_file_too(root: Root) -> None:
    image = root.library("a")
    root.library("b")
    common = root.work / "common.dwz"
    tool("dwz", "-m", str(common), "-M", "../../../.dwz/common", str(root.debug("a")), str(root.debug("b")))
    found = root.find(image, serve(root, root.debug("a")))
    assert found.status is DebugFileStatus.WANT_SUPPLEMENTARY
    found = root.find(image, serve(root, common))
    assert found.status is DebugFileStatus.DEBUGINFOD
    assert lines(found, image) == {3, 5}


def test_a_server_completes_an_installed_debug_file_with_its_supplementary_file(root: Root) -> None:
    image = root.library("a")
    root.library("b")
    common = root.work / "common.dwz"
    tool("dwz", "-m", str(common), "-M", "../../../.dwz/common", str(root.debug("a")), str(root.debug("b")))
    root.install_debug("a", image)
    found = root.find(image, serve(root, common))
    assert found.status is DebugFileStatus.MERGED
    assert lines(found, image) == {3, 5}


def test_a_server_that_has_it_not_is_no_trouble(root: Root) -> None:
    image = root.library("a")
    other = root.library("b")
    found = root.find(image, serve(root, other))
    assert (found.status, found.warning) == (DebugFileStatus.UNWIND, "")


def test_what_no_server_had_is_asked_for_again(root: Root) -> None:
    image = root.library("a")
    other = root.library("b")
    assert root.find(image, serve(root, other)).status is DebugFileStatus.UNWIND
    assert root.find(image, serve(root, root.debug("a"))).status is DebugFileStatus.DEBUGINFOD


def test_a_server_that_does_not_answer_is_told(root: Root) -> None:
    found = root.find(root.library("a"), NOBODY)
    assert found.status is DebugFileStatus.UNWIND
    assert found.warning.startswith(f"{NOBODY} gave no debug files: ")


def test_an_answer_that_is_no_debug_file_of_the_build_is_told(root: Root) -> None:
    image = root.library("a")
    root.library("b")
    urls = serve(root, root.debug("a"))
    (served,) = (root.work / "served").rglob("debuginfo")
    shutil.copy(root.debug("b"), served)
    found = root.find(image, urls)
    assert found.status is DebugFileStatus.UNWIND
    assert f"what {urls} has for build ID {locate.facts_of(image).build_id} isn't its debug file" in found.warning


def test_a_damaged_file_that_the_client_had_kept_is_fetched_again(root: Root) -> None:
    image = root.library("a")
    urls = serve(root, root.debug("a"))
    stale = root.cache / SERVERS / locate.facts_of(image).build_id / "debuginfo"
    stale.parent.mkdir(parents=True)
    stale.write_bytes(b"\x7fELF and no more")
    os.chmod(stale, 0o400)
    found = root.find(image, urls)
    assert (found.status, found.warning) == (DebugFileStatus.DEBUGINFOD, "")
    assert functions(found, image) == BOTH


def test_without_the_client_the_package_that_has_it_is_named(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    image = root.library("a")
    monkeypatch.setenv("PATH", str(root.work))
    found = root.find(image, NOBODY)
    assert found.status is DebugFileStatus.UNWIND
    assert "debuginfod-find is not installed" in found.warning
    assert "apt: debuginfod" in found.warning


def test_an_image_with_dwarf_of_its_own_asks_no_server(root: Root) -> None:
    root.library("a")
    image = root.work / "a"
    found = root.find(image, NOBODY)
    assert (found.status, found.symbols, found.warning) == (DebugFileStatus.OWN_SYMTAB, image, "")
    assert lines(found, image) == {3, 5}


def test_frames_that_cannot_be_read_name_nothing(root: Root) -> None:
    image = root.library("a")
    damaged = root.work / "damaged"
    damaged.write_bytes(b"\xff" * 64)
    tool("objcopy", f"--update-section=.eh_frame={damaged}", str(image))
    assert root.find(image).status is DebugFileStatus.DYNSYM_ONLY
    found = root.find(with_minidebuginfo(root, image))
    assert found.status is DebugFileStatus.MINIDEBUGINFO
    assert functions(found, image) == BOTH
