"""What is in the packages of the end-to-end tests, in both flavours: their layout is what the tests rely on."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest

from tests.e2e.rpms import unpacked

HERE = Path(__file__).parent
REPOSITORIES = HERE.parents[1] / ".cache" / "packages"
BUILT = ("host-libraries", "bzip2", "gzip", "openssl", "qpdf", "busybox", "labtools", "labparent")
NEXT = ("bzip2-next", "gzip-next")
WITHOUT_DEBUGINFO = {"labmini", "labnodebug", "openssl-tests"}
WITH_ELF_FILES = {
    "bzip2", "libbz2-1", "gzip", "openssl", "libopenssl3", "qpdf", "libqpdf29", "busybox", "busybox-static",
    "labtools", "labtools-plugins", "labfail", "labparent-tools", *WITHOUT_DEBUGINFO,
}  # fmt: skip
NOT_LINKED_WITH_LIBCRYPTO = {"moduleloadtest", "shlibloadtest", "rsa_complex", "p_minimal.so", "p_test.so"}
"""The first two load by dlopen what they are told to, the third is there to be compiled, the others are providers
that call only what they are given."""
BUILD_ID_OF_HARD_LINKS = "nilnil"
BUILD_LIMIT_S = 3000

pytestmark = [
    pytest.mark.packages,
    pytest.mark.skipif(
        not (shutil.which("rpmbuild") and shutil.which("dpkg-query")), reason="needs rpmbuild and dpkg"
    ),
]


@dataclass(frozen=True, slots=True)
class Elf:
    """An ELF file that a package installs as a program or library."""

    package: str
    path: str
    build_id: str
    sections: frozenset[str]


@dataclass(frozen=True, slots=True)
class Repository:
    flavour: str
    rpms: Mapping[str, Path]
    """by package name"""
    root: Path
    """every package but debuginfo and debugsource, unpacked below its name"""
    elfs: Sequence[Elf]

    def query(self, package: str, form: str) -> list[str]:
        return output("rpm", "-qp", "--nosignature", "--qf", form, str(self.rpms[package])).splitlines()


def output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def named(folder: Path) -> dict[str, Path]:
    """RPMs by package name."""
    return {path.name.rsplit("-", 2)[0]: path for path in folder.glob("*.rpm")}


def elfs_in(package: str, tree: Path) -> Iterator[Elf]:
    for path in sorted(tree.rglob("*")):
        if path.is_symlink() or not path.is_file() or not path.stat().st_mode & 0o111:
            continue
        with path.open("rb") as file:
            if file.read(4) != b"\x7fELF":
                continue
        text = output("readelf", "--wide", "--notes", "--section-headers", str(path))
        found = re.search(r"Build ID: ([0-9a-f]+)", text)
        sections = frozenset(re.findall(r"^ *\[ *\d+\] (\.\S+)", text, re.MULTILINE))
        yield Elf(package, f"/{path.relative_to(tree)}", found[1] if found else "", sections)


@pytest.fixture(scope="module", params=["suse", "fedora"])
def repository(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    flavour = request.param
    built = subprocess.run(
        [HERE / "build", "--flavour", flavour, *BUILT], capture_output=True, text=True, timeout=BUILD_LIMIT_S
    )
    assert built.returncode == 0, built.stdout + built.stderr
    rpms = named(REPOSITORIES / flavour / "repo")
    root = tmp_path_factory.mktemp(flavour)
    for name in WITH_ELF_FILES | {"labnoelf", "labparent", "qpdf-tests", "labparent-tools-debuginfo"}:
        unpacked(rpms[name], root / name)
    elfs = [elf for name in sorted(WITH_ELF_FILES) for elf in elfs_in(name, root / name)]
    return Repository(flavour, rpms, root, elfs)


def test_packages_are_split_as_opensuse_does(repository: Repository) -> None:
    debuginfo = {f"{name}-debuginfo" for name in WITH_ELF_FILES - WITHOUT_DEBUGINFO}
    assert repository.rpms.keys() >= WITH_ELF_FILES | debuginfo | {"qpdf-tests", "labnoelf", "labparent"}
    assert not repository.rpms.keys() & {f"{name}-debuginfo" for name in (*WITHOUT_DEBUGINFO, "labparent")}


def test_every_elf_file_has_a_debuginfo_package_by_its_build_id(repository: Repository) -> None:
    provided = {
        line.removeprefix("debuginfo(build-id) = ")
        for name in repository.rpms
        if name.endswith("-debuginfo")
        for line in repository.query(name, "[%{PROVIDENAME} = %{PROVIDEVERSION}\n]")
        if line.startswith("debuginfo(build-id)")
    }
    assert {elf.package for elf in repository.elfs} == WITH_ELF_FILES
    with_debuginfo = {elf.build_id for elf in repository.elfs if elf.package not in WITHOUT_DEBUGINFO}
    without = {elf.build_id for elf in repository.elfs if elf.package in WITHOUT_DEBUGINFO}
    assert "" not in with_debuginfo | without
    assert with_debuginfo <= provided
    assert not without & provided
    assert BUILD_ID_OF_HARD_LINKS in provided or repository.flavour == "fedora"


def test_only_fedora_has_minidebuginfo_but_for_the_package_made_for_it(repository: Repository) -> None:
    mini = {elf.package for elf in repository.elfs if ".gnu_debugdata" in elf.sections}
    if repository.flavour == "suse":
        assert mini == {"labmini"}
    else:
        assert mini >= {"bzip2", "libbz2-1", "gzip", "openssl", "libopenssl3", "libqpdf29", "busybox", "labmini"}
        assert not mini & {"labnodebug"}


def test_only_the_static_program_keeps_its_symbol_table(repository: Repository) -> None:
    assert [elf.path for elf in repository.elfs if ".symtab" in elf.sections] == ["/usr/bin/busybox-static"]
    static = next(elf for elf in repository.elfs if elf.path == "/usr/bin/busybox-static")
    assert ".dynsym" not in static.sections


def test_set_user_id_and_capabilities_are_recorded(repository: Repository) -> None:
    recorded = repository.query("labtools", "[%{FILENAMES} %{FILEMODES:perms} %{FILECAPS}\n]")
    assert "/usr/bin/labsuid -rwsr-xr-x " in recorded
    assert "/usr/bin/labcap -rwxr-xr-x cap_net_admin,cap_net_raw=ep" in recorded


def test_labtools_has_a_helper_in_libexec_and_plug_ins_in_a_directory_of_their_own(repository: Repository) -> None:
    paths = {elf.path for elf in repository.elfs if elf.package.startswith("labtools")}
    assert paths >= {"/usr/libexec/labtools/helper", "/usr/bin/labexec"}
    assert paths >= {"/usr/lib64/labtools/alpha.so", "/usr/lib64/labtools/beta.so"}


def test_the_dwz_file_lies_with_the_subpackage_where_the_main_package_has_no_elf(repository: Repository) -> None:
    assert not list(elfs_in("labparent", repository.root / "labparent"))
    dwz = list((repository.root / "labparent-tools-debuginfo/usr/lib/debug/.dwz").iterdir())
    assert [file.name.split("-")[0] for file in dwz] == ["labparent"]


def test_busybox_is_one_file_under_hundreds_of_names(repository: Repository) -> None:
    tree = repository.root / "busybox"
    assert (tree / "usr/bin/busybox").samefile(tree / "usr/bin/busybox-hardlink")
    links = list((tree / "usr/libexec/busybox").iterdir())
    assert len(links) > 300
    assert {link.readlink() for link in links} == {Path("../../bin/busybox")}


def test_the_test_programs_of_openssl_use_the_installed_libcrypto(repository: Repository) -> None:
    programs = [elf.path for elf in repository.elfs if elf.path.startswith("/usr/lib64/openssl-tests/test/")]
    assert len(programs) > 90
    for path in programs:
        dynamic = output("readelf", "--wide", "--dynamic", f"{repository.root}/openssl-tests{path}")
        assert "RUNPATH" not in dynamic
        assert "RPATH" not in dynamic
        linked = "[libcrypto.so.3]" in dynamic
        assert linked == (PurePosixPath(path).name not in NOT_LINKED_WITH_LIBCRYPTO), path
    recipes = repository.root / "openssl-tests/usr/lib64/openssl-tests/test/recipes"
    assert len(list(recipes.glob("*.t"))) > 150


def test_qpdf_comes_with_small_files_to_work_on(repository: Repository) -> None:
    files = list((repository.root / "qpdf-tests/usr/share/qpdf/tests").glob("*.pdf"))
    assert len(files) > 500
    assert max(file.stat().st_size for file in files) <= 100 * 1024


def test_the_later_builds_lie_apart_from_what_they_follow() -> None:
    built = subprocess.run([HERE / "build", *NEXT], capture_output=True, text=True, timeout=BUILD_LIMIT_S)
    assert built.returncode == 0, built.stdout + built.stderr
    later = {path.name for path in (REPOSITORIES / "suse" / "next").glob("*.rpm")}
    assert {"bzip2-1.0.9-1.suse.x86_64.rpm", "libbz2-1-debuginfo-1.0.9-1.suse.x86_64.rpm"} <= later
    assert "gzip-debuginfo-1.12-2.suse.x86_64.rpm" in later
    assert not later & {path.name for path in (REPOSITORIES / "suse" / "repo").glob("*.rpm")}
