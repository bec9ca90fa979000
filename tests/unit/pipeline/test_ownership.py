"""Which files of packages are measured, and what is said of the others."""

import os
import shutil
import socket
import stat
from contextlib import ExitStack
from pathlib import Path

import pytest

from funkqa.model.package import Nevra, OwnedFile, Package
from funkqa.model.place import Place
from funkqa.pipeline.ownership import hold_elf_files
from tests.compiling import compile_c, shared, tool

SOURCE = "int main(void) { return 0; }\n"
REGULAR = stat.S_IFREG | 0o755
GIGABYTES_4 = 4 << 30


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with /usr/bin/good, a program."""
    (tmp_path / "root/usr/bin").mkdir(parents=True)
    return compile_c(tmp_path / "root/usr/bin/good", SOURCE).parents[2]


def package(*paths: str, name: str = "good", mode: int = REGULAR) -> Package:
    files = tuple(OwnedFile(path, mode, 0) for path in paths)
    return Package(Nevra(name, 0, "1", "1", "x86_64"), f"{name}-1-1.src.rpm", files)


def held(root: Path, *packages: Package) -> tuple[list[tuple[str, tuple[str, ...]]], dict[str, str]]:
    """Path and links of what is measured, and the reasons of the others."""
    with ExitStack() as undo:
        elves, unmeasured = hold_elf_files(Place(root), packages, False, undo)
        return [(elf.path, elf.links) for elf in elves], {each.path: each.reason for each in unmeasured}


def test_what_is_no_file_any_more_is_told_and_spoils_no_other(root: Path) -> None:
    folder = root / "usr/bin"
    os.mkfifo(folder / "fifo")
    (folder / "directory").mkdir()
    (folder / "dangling").symlink_to("/nowhere")
    (folder / "looping").symlink_to("looping")
    (folder / "link").symlink_to("good")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "socket"))
    brought = "not the file that the package brought"
    names = ("fifo", "directory", "dangling", "looping", "link", "socket", "gone", "good")
    measured, reasons = held(root, package(*(f"/usr/bin/{name}" for name in names)))
    assert measured == [("/usr/bin/good", ())]
    assert reasons == {
        "/usr/bin/fifo": f"it is a FIFO, {brought}",
        "/usr/bin/directory": f"it is a directory, {brought}",
        "/usr/bin/dangling": f"it is a symbolic link, {brought}",
        "/usr/bin/looping": f"it is a symbolic link, {brought}",
        "/usr/bin/link": f"it is a symbolic link, {brought}",
        "/usr/bin/socket": f"it is a socket, {brought}",
        "/usr/bin/gone": "it isn't there: No such file or directory",
    }


def test_folders_that_are_looping_links_are_told(root: Path) -> None:
    (root / "usr/sbin").symlink_to("/usr/sbin")
    measured, reasons = held(root, package("/usr/sbin/lost", "/usr/bin/good"))
    assert measured == [("/usr/bin/good", ())]
    assert reasons == {"/usr/sbin/lost": "Too many levels of symbolic links"}


def test_text_files_that_went_away_are_nothing_to_tell_of(root: Path) -> None:
    (root / "usr/bin/link.conf").symlink_to("elsewhere")
    files = package("/usr/share/doc/good/README", "/usr/bin/link.conf", mode=stat.S_IFREG | 0o644)
    assert held(root, files, package("/usr/bin/good")) == ([("/usr/bin/good", ())], {})


def test_damaged_files_are_told_and_none_takes_long(root: Path) -> None:
    whole = (root / "usr/bin/good").read_bytes()
    (root / "usr/bin/cut").write_bytes(whole[: len(whole) // 2])
    (root / "usr/bin/head").write_bytes(whole[:20])
    (root / "usr/bin/magic").write_bytes(whole[:4])
    shutil.copy(root / "usr/bin/head", root / "usr/bin/sparse")
    os.truncate(root / "usr/bin/sparse", GIGABYTES_4)
    (root / "usr/bin/zeros").touch()
    os.truncate(root / "usr/bin/zeros", GIGABYTES_4)
    names = ("cut", "head", "magic", "sparse", "zeros", "good")
    measured, reasons = held(root, package(*(f"/usr/bin/{name}" for name in names)))
    assert measured == [("/usr/bin/good", ())]
    assert reasons.keys() == {f"/usr/bin/{name}" for name in ("cut", "head", "magic", "sparse")}
    assert reasons.pop("/usr/bin/sparse") == "it has no executable segment, so no code"
    assert all("not a well-formed ELF file" in reason for reason in reasons.values())


def test_a_program_with_4_gigabytes_of_hole_behind_it_is_measured(root: Path) -> None:
    os.truncate(root / "usr/bin/good", GIGABYTES_4)
    assert held(root, package("/usr/bin/good")) == ([("/usr/bin/good", ())], {})


def test_what_no_program_loads_is_told(root: Path, tmp_path: Path) -> None:
    (root / "usr/lib/debug/usr/bin").mkdir(parents=True)
    tool(
        "objcopy", "--only-keep-debug", str(root / "usr/bin/good"), str(root / "usr/lib/debug/usr/bin/good.debug")
    )
    compile_c(root / "usr/lib/object.o", SOURCE, "-c")
    measured, reasons = held(root, package("/usr/lib/debug/usr/bin/good.debug", "/usr/lib/object.o"))
    assert measured == []
    assert reasons == {
        "/usr/lib/debug/usr/bin/good.debug": "a separate debug file, which no program loads",
        "/usr/lib/object.o": "an object file, which no program loads",
    }


def test_absolute_links_of_a_root_stay_in_it(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    shared(outside / "libx.so", SOURCE)
    (root / "opt").mkdir()
    (root / "opt/own").symlink_to(outside)
    (root / "opt/bin").symlink_to("/usr/bin")
    (root / "opt/up").symlink_to("../../../../../usr/bin")
    measured, reasons = held(root, package("/opt/own/libx.so", "/opt/bin/good", "/opt/up/good"))
    assert measured == [("/opt/bin/good", ("/opt/up/good",))]
    assert reasons == {"/opt/own/libx.so": "it isn't there: No such file or directory"}


def test_hard_links_are_one_image_called_like_the_package_else_by_a_bin_folder(root: Path) -> None:
    (root / "usr/libexec").mkdir()
    for link in ("usr/bin/a", "usr/bin/z", "usr/libexec/aaa"):
        os.link(root / "usr/bin/good", root / link)
    paths = ("/usr/libexec/aaa", "/usr/bin/z", "/usr/bin/a", "/usr/bin/good")
    assert held(root, package(*paths))[0] == [("/usr/bin/good", ("/usr/bin/a", "/usr/bin/z", "/usr/libexec/aaa"))]
    assert held(root, package(*paths, name="other"))[0][0][0] == "/usr/bin/a"


def test_a_file_that_two_packages_own_is_one_image_of_the_first(root: Path) -> None:
    with ExitStack() as undo:
        both = (package("/usr/bin/good"), package("/usr/bin/good", name="second"))
        (elf,), _ = hold_elf_files(Place(root), both, False, undo)
        assert (elf.package.name, elf.links) == ("good", ())
