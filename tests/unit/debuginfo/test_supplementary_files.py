"""Supplementary files that real dwz makes: where they are looked for, and what is made of a missing one."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from funkqa.debuginfo import locate
from funkqa.model.plan import DebugFileStatus
from funkqa.runner import sandbox
from tests.compiling import tool
from tests.debugroot import Root, declared, functions
from tests.elfwriter import elf


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root(tmp_path)


@pytest.fixture
def pair(root: Root) -> tuple[Root, Path, Path]:
    """Two libraries whose debug files share a supplementary file, made by dwz; one image, and that file."""
    for name in ("a", "b"):
        root.library(name)
    shared_file = root.work / "common.dwz"
    tool("dwz", "-m", str(shared_file), "-M", "../../../.dwz/common", str(root.debug("a")), str(root.debug("b")))
    return root, root.place.path("/usr/lib64/liba.so"), shared_file


def put_beside(root: Root, debug: Path, supplementary: Path, link: str) -> None:
    target = debug.parent / link
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(supplementary, target)


def put_in_dwz(root: Root, debug: Path, supplementary: Path, link: str) -> None:
    directory = root.place.path("/usr/lib/debug/.dwz")
    directory.mkdir()
    shutil.copy(supplementary, directory / Path(link).name)


def put_by_build_id(root: Root, debug: Path, supplementary: Path, link: str) -> None:
    target = root.place.path(locate.debug_path(locate.facts_of(supplementary).build_id))
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(supplementary, target)


@pytest.mark.parametrize("put", [put_beside, put_in_dwz, put_by_build_id])
def test_a_supplementary_file_is_found(
    pair: tuple[Root, Path, Path], put: Callable[[Root, Path, Path, str], None]
) -> None:
    root, image, supplementary = pair
    debug = root.install_debug("a", image)
    link = locate.facts_of(debug).altlink
    assert link is not None
    put(root, debug, supplementary, link.name)
    found = root.find(image)

    assert (found.status, found.problem) == (DebugFileStatus.MERGED, "")
    assert found.supplementary is not None
    assert found.supplementary.is_relative_to(root.cache)
    assert locate.facts_of(found.supplementary).build_id == link.build_id
    assert {name: each.line for name, each in declared(found, image).items()} == {"hidden_a": 3, "visible_a": 5}


def test_a_missing_supplementary_file_is_a_status_of_its_own(pair: tuple[Root, Path, Path]) -> None:
    root, image, _ = pair
    root.install_debug("a", image)
    found = root.find(image)
    assert (found.status, found.supplementary) == (DebugFileStatus.WANT_SUPPLEMENTARY, None)
    assert functions(found, image) == {"hidden_a", "visible_a"}


def test_a_supplementary_file_of_another_build_is_a_missing_one(pair: tuple[Root, Path, Path]) -> None:
    root, image, _ = pair
    debug = root.install_debug("a", image)
    foreign = root.work / "foreign"
    foreign.write_bytes(elf(build_id="ff" * 20))
    put_beside(root, debug, foreign, "../../../.dwz/common")
    assert root.find(image).status is DebugFileStatus.WANT_SUPPLEMENTARY


def test_a_damaged_supplementary_file_is_a_missing_one(pair: tuple[Root, Path, Path]) -> None:
    root, image, supplementary = pair
    debug = root.install_debug("a", image)
    damaged = root.work / "damaged"
    damaged.write_bytes(supplementary.read_bytes()[:100])
    put_beside(root, debug, damaged, "../../../.dwz/common")
    put_by_build_id(root, debug, supplementary, "")
    assert root.find(image).status is DebugFileStatus.MERGED


def test_an_image_of_two_releases_is_described_by_the_supplementary_file_of_each(root: Root) -> None:
    image = root.library("a")
    shutil.copy(root.debug("a"), root.work / "plain")
    for release, (other, *options) in enumerate((("b",), ("c", "-O2"))):  # which shares less with a
        root.library(other, *options)
        shutil.copy(root.work / "plain", root.debug("a"))
        common, link = root.work / f"common-{release}", f"../../../.dwz/common-{release}"
        tool("dwz", "-m", str(common), "-M", link, str(root.debug("a")), str(root.debug(other)))
        put_beside(root, root.install_debug("a", image), common, link)
        for _ in ("merged", "from the cache"):
            found = root.find(image)
            assert (found.status, found.problem) == (DebugFileStatus.MERGED, "")
            units = {name: Path(each.unit).name for name, each in declared(found, image).items()}
            assert units == {"hidden_a": "a.c", "visible_a": "a.c"}
    assert len([path for path in root.kept() if path.suffix == ".elf"]) == 2


@pytest.mark.kernel
def test_a_relative_link_in_a_throw_away_root_is_followed_there(root: Root) -> None:
    image = root.library("a")
    root.library("b")
    common = root.work / "common.dwz"
    link = "../../.elsewhere/common"
    tool("dwz", "-m", str(common), "-M", link, str(root.debug("a")), str(root.debug("b")))
    with sandbox.opened() as place:
        by_build_id = place.path(locate.debug_path(locate.facts_of(image).build_id))
        by_name = place.path("/usr/lib/debug/usr/lib64/liba.so.debug")
        put = [(root.debug("a"), by_name), (common, place.path("/usr/lib/debug/.elsewhere/common"))]
        for source, target in put:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
        by_build_id.parent.mkdir(parents=True, exist_ok=True)
        by_build_id.symlink_to("../../usr/lib64/liba.so.debug")
        found = root.find(image, place=place)
    assert (found.status, found.problem) == (DebugFileStatus.MERGED, "")
