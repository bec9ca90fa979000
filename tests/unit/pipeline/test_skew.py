"""Debuginfo of another build: both NEVRAs are named, and the command that mends it."""

import pytest

from funkqa.model.package import Nevra
from funkqa.model.units import BuildId
from funkqa.pipeline.skew import Known, describe

PACKAGE = Nevra("bzip2", 0, "1.0.8", "1", "x86_64")
BUILD_ID = BuildId("ab12")
CAPABILITY = "debuginfo(build-id) = ab12"
OTHERS = ("bzip2-debuginfo-extra-1-1.x86_64", "bzip2-devel-debuginfo-1-1.x86_64", "bzip2-debuginfo-2-1.i686")
"""Other packages, or of another architecture."""


def debuginfo(version: str, epoch: int = 0) -> Nevra:
    return Nevra("bzip2-debuginfo", epoch, version, "1", "x86_64")


def said(*offered: str, installed: tuple[Nevra, ...] = (), installer: str = "zypper", asked: bool = True) -> str:
    return describe(PACKAGE, BUILD_ID, Known((PACKAGE, *installed), (*OTHERS, *offered), installer, asked))


def test_without_debuginfo_of_this_name_there_is_no_skew() -> None:
    assert said() == ""
    assert said("bzip2-1.0.8-1.x86_64") == ""


@pytest.mark.parametrize(
    ("installer", "command"),
    [("zypper", "zypper install --oldpackage"), ("dnf", "dnf install"), ("dnf5", "dnf5 install")],
)
def test_the_package_of_the_build_of_the_debuginfo_mends_it(installer: str, command: str) -> None:
    assert said("bzip2-1:2-1.x86_64", "bzip2-debuginfo-1:2-1.x86_64", installer=installer) == (
        "bzip2-1.0.8-1.x86_64 needs debuginfo of its own build, but bzip2-debuginfo-1:2-1.x86_64 is what the "
        f"repositories offer; install the package of that build: {command} bzip2-1:2-1.x86_64"
    )


@pytest.mark.parametrize(
    ("installer", "command"),
    [("zypper", "zypper install --force"), ("dnf", "dnf reinstall"), ("dnf5", "dnf5 reinstall")],
)
def test_a_package_that_was_built_again_is_installed_again(installer: str, command: str) -> None:
    told = said(
        *("bzip2-debuginfo-2-1.x86_64", "bzip2-debuginfo-1.0.8-1.x86_64", "bzip2-1.0.8-1.x86_64"),
        installer=installer,
    )
    assert "bzip2-debuginfo-1.0.8-1.x86_64 is what the repositories offer" in told
    assert f"{command} bzip2-1.0.8-1.x86_64; or name a repository with {CAPABILITY}" in told


@pytest.mark.parametrize(
    ("installer", "command"),
    [
        ("zypper", "zypper --plus-content debug refresh"),
        ("dnf", "dnf --enablerepo=*debug* makecache --refresh"),
    ],
)
def test_debuginfo_without_its_package_takes_other_repositories(installer: str, command: str) -> None:
    told = said("bzip2-debuginfo-2-1.x86_64", installer=installer)
    assert told.endswith(f"refresh the repositories: {command}; or name a repository with {CAPABILITY}: --repo")


def test_what_is_installed_comes_before_what_is_offered() -> None:
    told = said("bzip2-debuginfo-3-1.x86_64", installed=(debuginfo("2", epoch=1),))
    assert "but bzip2-debuginfo-1:2-1.x86_64 is installed; " in told


@pytest.mark.parametrize(
    ("installer", "command"),
    [
        ("zypper", "zypper --plus-content debug install"),
        ("dnf", "dnf --enablerepo=*debug* install"),
    ],
)
def test_where_nobody_was_asked_yet_the_build_id_is_what_to_ask_for(installer: str, command: str) -> None:
    told = said(installed=(debuginfo("2"),), installer=installer, asked=False)
    assert told.endswith(f"install what belongs to it: {command} '{CAPABILITY}'")


def test_another_file_that_is_the_same_in_both_builds_hides_no_skew() -> None:
    known = Known((PACKAGE,), ("bzip2-debuginfo-2-1.x86_64", "bzip2-2-1.x86_64"), "zypper", True)
    told = describe(PACKAGE, BUILD_ID, known, served=True)
    assert "but bzip2-debuginfo-2-1.x86_64 is what the repositories offer; " in told
    assert told.endswith("zypper install --oldpackage bzip2-2-1.x86_64")


@pytest.mark.parametrize("installed", [True, False])
def test_debuginfo_of_the_very_build_that_lacks_one_file_is_no_skew(installed: bool) -> None:
    own = debuginfo("1.0.8")
    known = Known((own, PACKAGE) if installed else (PACKAGE,), (str(own),), "zypper", True)
    assert describe(PACKAGE, BUILD_ID, known, served=True) == ""
    assert describe(PACKAGE, BUILD_ID, known, served=False) != ""
