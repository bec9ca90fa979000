"""What is read of RPM databases, from real ones."""

import shutil
from pathlib import Path

import pytest

from funkqa.model.errors import PackageError
from funkqa.model.package import Package
from funkqa.packages import rpmdb
from tests.compiling import tool

pytestmark = pytest.mark.packages
SPEC = """
%global debug_package %{nil}
Name: tiny
Epoch: 2
Version: %{v}
Release: 3
Summary: A package
License: MIT
BuildArch: noarch
%description
Text.
%package extra
Summary: More of it
Epoch: 0
%description extra
Text.
%package debuginfo
Summary: Debug files
%description debuginfo
Text.
%install
install -D -m 4755 /dev/null %{buildroot}/opt/tiny/program
ln %{buildroot}/opt/tiny/program %{buildroot}/opt/tiny/hard
ln -s program %{buildroot}/opt/tiny/soft
install -D -m 644 /dev/null %{buildroot}/opt/tiny/extra-%{v}
install -D -m 644 /dev/null %{buildroot}/opt/tiny/debug-%{v}
%files
%dir /opt/tiny
/opt/tiny/program
/opt/tiny/hard
/opt/tiny/soft
%files extra
/opt/tiny/extra-%{v}
%files debuginfo
/opt/tiny/debug-%{v}
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root whose database knows tiny 1 and 2 and their subpackages, and nothing else."""
    if shutil.which("rpmbuild") is None:
        pytest.skip("needs rpmbuild")
    top = tmp_path_factory.mktemp("rpm")
    (top / "tiny.spec").write_text(SPEC)
    for version in ("1", "2"):
        defined = ("--define", f"_topdir {top}/build", "--define", f"v {version}")
        tool("rpmbuild", "-bb", "--quiet", "--nodeps", *defined, str(top / "tiny.spec"))
    database = top / "root/usr/lib/sysimage/rpm"
    database.mkdir(parents=True)
    made = sorted(str(path) for path in (top / "build/RPMS").rglob("*.rpm"))
    assert len(made) == 6
    tool("rpm", "--dbpath", str(database), "-i", "--justdb", "--nodeps", "--force", *made)
    return top / "root"


def test_everything_installed_is_listed_by_nevra(root: Path) -> None:
    assert {str(nevra) for nevra in rpmdb.installed(root)} == {
        *("tiny-2:1-3.noarch", "tiny-extra-1-3.noarch", "tiny-debuginfo-2:1-3.noarch"),
        *("tiny-2:2-3.noarch", "tiny-extra-2-3.noarch", "tiny-debuginfo-2:2-3.noarch"),
    }


def test_a_package_has_its_regular_files_with_mode_and_hard_links(root: Path) -> None:
    package = read(root, "tiny")[0]
    files = {file.path: file for file in package.files}

    assert (package.name, package.nevra.epoch, package.source_rpm) == ("tiny", 2, "tiny-1-3.src.rpm")
    assert sorted(files) == ["/opt/tiny/hard", "/opt/tiny/program"]
    assert files["/opt/tiny/program"].mode == 0o104755
    assert files["/opt/tiny/program"].inode == files["/opt/tiny/hard"].inode != 0


def test_a_file_without_hard_links_has_no_link_group(root: Path) -> None:
    (first, _) = read(root, "tiny-extra")
    assert [file.inode for file in first.files] == [0]
    assert (first.nevra.epoch, str(first.nevra)) == (0, "tiny-extra-1-3.noarch")


def read(root: Path, *wanted: str, globs: tuple[str, ...] = (), same_source: bool = False) -> list[Package]:
    return sorted(rpmdb.read_packages(root, wanted, globs, same_source), key=lambda package: str(package.nevra))


def names(root: Path, *wanted: str, globs: tuple[str, ...] = (), same_source: bool = False) -> list[str]:
    packages = read(root, *wanted, globs=globs, same_source=same_source)
    return [f"{package.name} {package.nevra.version}" for package in packages]


def test_all_installed_versions_of_a_name_are_read(root: Path) -> None:
    assert names(root, "tiny") == ["tiny 1", "tiny 2"]


def test_globs_add_what_matches_and_repeat_nothing(root: Path) -> None:
    assert names(root, "tiny", globs=("tiny-e*", "tiny")) == ["tiny 1", "tiny 2", "tiny-extra 1", "tiny-extra 2"]
    assert names(root, "tiny", globs=("nosuch*",)) == ["tiny 1", "tiny 2"]


def test_siblings_of_the_same_source_are_added_without_debuginfo(root: Path) -> None:
    expected = ["tiny 1", "tiny 2", "tiny-extra 1", "tiny-extra 2"]
    assert names(root, "tiny-extra", same_source=True) == expected


def test_a_package_that_is_not_installed_is_an_error_with_a_remedy(root: Path) -> None:
    with pytest.raises(PackageError, match="nosuch") as caught:
        rpmdb.read_packages(root, ["tiny", "nosuch"], [], False)
    assert "nosuch" in caught.value.hint


def test_owners_of_paths_are_told_for_those_that_have_one(root: Path) -> None:
    found = rpmdb.owners(root, ["/opt/tiny/extra-2", "/opt/tiny/nosuch", "/opt/tiny/debug-1"])
    assert {path: str(nevra) for path, nevra in found.items()} == {
        "/opt/tiny/extra-2": "tiny-extra-2-3.noarch",
        "/opt/tiny/debug-1": "tiny-debuginfo-2:1-3.noarch",
    }


def test_reading_leaves_the_database_as_it_was(root: Path) -> None:
    database = root / "usr/lib/sysimage/rpm"
    before = {path.name: path.stat().st_mtime_ns for path in database.iterdir()}
    rpmdb.installed(root)
    assert {path.name: path.stat().st_mtime_ns for path in database.iterdir()} == before


def test_a_database_that_is_damaged_is_an_error(root: Path, tmp_path: Path) -> None:
    copy = tmp_path / "root"
    shutil.copytree(root, copy)
    for path in (copy / "usr/lib/sysimage/rpm").iterdir():
        if path.name == "rpmdb.sqlite":
            path.write_bytes(b"no database " * 1000)
        else:
            path.unlink()
    with pytest.raises(PackageError):
        rpmdb.installed(copy)


def test_the_database_is_where_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "usr/lib/sysimage/rpm").mkdir(parents=True)
    (tmp_path / "var/lib/rpm").mkdir(parents=True)
    (tmp_path / "var/lib/rpm/rpmdb.sqlite").touch()
    assert rpmdb.database_macro(tmp_path) == "/var/lib/rpm"
    (tmp_path / "usr/lib/sysimage/rpm/rpmdb.sqlite").touch()
    assert rpmdb.database_macro(tmp_path) == "/usr/lib/sysimage/rpm"


def test_an_empty_root_has_nothing_installed(tmp_path: Path) -> None:
    (tmp_path / "var/lib/rpm").mkdir(parents=True)
    assert rpmdb.installed(tmp_path) == frozenset()


def test_the_macro_is_as_before_after_reading(root: Path) -> None:
    rpm = rpmdb.bindings()
    before = rpm.expandMacro("%_dbpath")
    rpmdb.installed(root)
    assert rpm.expandMacro("%_dbpath") == before


def test_reading_makes_no_database_where_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    absent = tmp_path / "rpm"
    monkeypatch.setattr(rpmdb, "database_macro", lambda root: str(absent))
    assert rpmdb.installed(Path("/")) == frozenset()
    absent.mkdir()
    assert rpmdb.installed(Path("/")) == frozenset()
    assert not any(absent.iterdir())
