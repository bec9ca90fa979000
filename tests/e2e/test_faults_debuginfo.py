"""Debuginfo of another build, without its dwz file, or none at all: never used by mistake, always told."""

import shutil
import subprocess
from pathlib import Path

import pytest

from funkqa.debuginfo import locate
from funkqa.model.units import BuildId
from funkqa.store.reader import read_result
from tests.e2e import rpms
from tests.e2e.conftest import ROOT
from tests.e2e.running import Funkqa
from tests.e2e.test_faults import assert_clean, findings

RECIPE = "component: labtools\nexecute: labplug\n"
LABPLUG = "/usr/bin/labplug"
NEEDS = "labtools-1.0-1.suse.x86_64 needs debuginfo of its own build, but"


@pytest.fixture(scope="session")
def other_build(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with another build of the same version and release of labtools."""
    folder = tmp_path_factory.mktemp("other")
    shutil.copytree(ROOT / "tests/packages", folder / "packages", ignore=shutil.ignore_patterns("__pycache__"))
    macros = folder / "packages/macros/suse"
    macros.write_text(macros.read_text().replace("-O2", "-O1"))
    rpms.run(str(folder / "packages/build"), "--into", str(folder / "out"), "labtools")
    return folder / "out/suse/repo"


@pytest.fixture
def own(repository: Path, tmp_path: Path) -> Path:
    """A folder with what labtools needs, but no debuginfo; not indexed yet."""
    folder = tmp_path / "repository"
    folder.mkdir()
    for name in ("host-libraries-1", "labtools-1.0"):
        (found,) = repository.glob(f"{name}-*.rpm")
        shutil.copy(found, folder)
    return folder


def debuginfo(repository: Path) -> Path:
    (found,) = repository.glob("labtools-debuginfo-*.rpm")
    return found


def measure(funkqa: Funkqa, repository: Path) -> subprocess.CompletedProcess[str]:
    recipe = funkqa.recipe("debuginfo", RECIPE)
    return funkqa("run", str(recipe), "--repo", str(repository), "-o", funkqa.result(recipe))


def build_id(repository: Path, program: str, into: Path) -> BuildId:
    (rpm,) = repository.glob("labtools-1.0-*.rpm")
    found = locate.facts_of(rpms.unpacked(rpm, into) / program.lstrip("/")).build_id
    assert found
    return found


def test_without_debuginfo_the_report_says_which_is_missing(funkqa: Funkqa, own: Path, tmp_path: Path) -> None:
    done = measure(funkqa, rpms.index(own))
    assert done.returncode == 1, done.stdout + done.stderr
    wanted = f"'debuginfo(build-id) = {build_id(own, LABPLUG, tmp_path / 'image')}'"
    (finding,) = (each for each in findings(funkqa, "debuginfo") if each.startswith(LABPLUG))
    assert wanted in finding
    assert "labtools-debuginfo of exactly this build" in finding
    assert finding.endswith("name a repository that has it with --repo")
    assert_clean(funkqa)


def test_debuginfo_of_another_build_with_the_same_version_is_not_taken(
    funkqa: Funkqa, own: Path, other_build: Path
) -> None:
    shutil.copy(debuginfo(other_build), own)
    done = measure(funkqa, rpms.index(own))
    assert done.returncode == 1, done.stdout + done.stderr
    found = findings(funkqa, "debuginfo")
    assert not any(each.startswith(f"{LABPLUG}: no debuginfo") for each in found)
    skew = f"{LABPLUG}: {NEEDS} labtools-debuginfo-1.0-1.suse.x86_64 is what the repositories offer; "
    (told,) = (each.removeprefix(skew) for each in found if each.startswith(skew))
    assert told.startswith(
        "it was built again, install it again: zypper install --force labtools-1.0-1.suse.x86_64"
    )


@pytest.mark.parametrize(
    ("backend", "refresh"),
    [
        ("zypper", "zypper --plus-content debug refresh"),
        ("dnf", "dnf --enablerepo=*debug* makecache --refresh"),
    ],
)
@pytest.mark.parametrize("there", ["is what the repositories offer", "is installed"])
def test_debuginfo_that_is_ahead_is_not_taken_and_told_for_every_elf_file(
    funkqa: Funkqa, own: Path, other_build: Path, tmp_path: Path, backend: str, refresh: str, there: str
) -> None:
    foreign = build_id(other_build, LABPLUG, tmp_path / "other-image")
    files = rpms.unpacked(debuginfo(other_build), tmp_path / "foreign")
    path = locate.debug_path(foreign)
    provides = [f"debuginfo(build-id) = {foreign}"]
    rpms.package(own, "labtools-debuginfo", {path: files / path.lstrip("/")}, version="2", provides=provides)
    rpms.index(own)
    require = "require: labtools-debuginfo\n" if there == "is installed" else ""
    recipe = funkqa.recipe("ahead", require + RECIPE)
    options = ("--repo", str(own), "--backend", backend, "-o", funkqa.result(recipe))
    done = funkqa("run", str(recipe), *options)
    assert done.returncode == 1, done.stdout + done.stderr
    said = [each for each in findings(funkqa, "ahead") if "needs debuginfo of its own build" in each]
    images = [image.path for image in read_result(Path(funkqa.result(recipe))).images]
    assert [each.split(": ")[0] for each in said] == images
    for each in said:
        assert f"{NEEDS} labtools-debuginfo-2-1.x86_64 {there}; " in each
        assert f"refresh the repositories: {refresh}; or name a repository with debuginfo(build-id) = " in each


def test_a_file_that_is_the_same_in_both_builds_hides_no_skew_of_the_others(
    funkqa: Funkqa, repository: Path, own: Path, tmp_path: Path
) -> None:
    same = build_id(own, LABPLUG, tmp_path / "image")
    files = rpms.unpacked(debuginfo(repository), tmp_path / "files")
    path = locate.debug_path(same)
    provides = [f"debuginfo(build-id) = {same}"]
    rpms.package(own, "labtools-debuginfo", {path: files / path.lstrip("/")}, version="2", provides=provides)
    done = measure(funkqa, rpms.index(own))
    assert done.returncode == 1, done.stdout + done.stderr
    images = [image.path for image in read_result(Path(funkqa.result(Path("debuginfo.yaml")))).images]
    skewed = [each.split(": ")[0] for each in findings(funkqa, "debuginfo") if NEEDS in each]
    assert len(images) > 1
    assert skewed == [each for each in images if each != LABPLUG]


def test_a_debug_file_of_another_build_in_the_right_place_is_a_fault(
    funkqa: Funkqa, own: Path, other_build: Path, tmp_path: Path
) -> None:
    ours = build_id(own, LABPLUG, tmp_path / "image")
    foreign = build_id(other_build, LABPLUG, tmp_path / "other-image")
    assert ours != foreign
    files = rpms.unpacked(debuginfo(other_build), tmp_path / "foreign")
    planted = {locate.debug_path(ours): files / locate.debug_path(foreign).lstrip("/")}
    rpms.package(own, "planted", planted, provides=[f"debuginfo(build-id) = {ours}"])
    done = measure(funkqa, rpms.index(own))
    assert done.returncode == 1, done.stdout + done.stderr
    said = "\n".join(findings(funkqa, "debuginfo"))
    assert f"{locate.debug_path(ours)} can't be used: it belongs to another build" in said
    assert f"carries build ID {foreign}, the image {ours}" in said
    assert f"rpm -qf {locate.debug_path(ours)}" in said


@pytest.mark.parametrize("dwz", ["missing", "foreign"])
def test_without_its_dwz_file_every_function_is_measured_and_the_loss_is_told(
    funkqa: Funkqa, repository: Path, own: Path, other_build: Path, tmp_path: Path, dwz: str
) -> None:
    files = rpms.unpacked(debuginfo(repository), tmp_path / "files")
    other = rpms.unpacked(debuginfo(other_build), tmp_path / "other")
    names = [f"/{path.relative_to(files)}" for path in files.glob("usr/lib/debug/.build-id/*/*.debug")]
    packed = {name: files / name.lstrip("/") for name in names}
    if dwz == "foreign":
        packed |= {f"/{path.relative_to(other)}": path for path in other.glob("usr/lib/debug/.dwz/*")}
        assert len(packed) == len(names) + 1
    provides = [f"debuginfo(build-id) = {''.join(name.split('/')[-2:]).removesuffix('.debug')}" for name in names]
    rpms.package(own, "labtools-debuginfo", packed, provides=provides)
    done = measure(funkqa, rpms.index(own))
    assert done.returncode == 0, done.stdout + done.stderr
    said = " ".join(done.stdout.split())
    assert f"{LABPLUG}: its build's dwz file isn't there, so that declarations are missing" in said
    assert "labtools-debuginfo-1-1.x86_64" in said
