"""What a package consists of -> what a draft tells of it."""

import stat

import pytest

from funkqa.model.errors import NothingToMeasure
from funkqa.model.package import Nevra
from funkqa.packages.contents import Contents, PackagedFile
from funkqa.pipeline.drafting import facts_of
from funkqa.recipe.draft import Program

ELF = "ELF 64-bit LSB pie executable, x86-64"
SHARED = "ELF 64-bit LSB shared object, x86-64"
SCRIPT = "POSIX shell script, ASCII text executable"


def elf(path: str, kind: str = ELF, inode: int = 0) -> PackagedFile:
    return PackagedFile(path, stat.S_IFREG | 0o755, "", kind, inode)


def link(path: str, target: str) -> PackagedFile:
    return PackagedFile(path, stat.S_IFLNK | 0o777, target, "", 0)


def text(path: str) -> PackagedFile:
    return PackagedFile(path, stat.S_IFREG | 0o644, "", "ASCII text", 0)


def package(name: str, *files: PackagedFile, requires: str = "", provides: str = "") -> Contents:
    nevra = Nevra(name, 0, "1", "1", "x86_64")
    return Contents(
        nevra, "bzip2-1-1.src.rpm", "packs", files, frozenset(requires.split()), frozenset(provides.split())
    )


LIBRARY = package("libbz2-1", elf("/usr/lib64/libbz2.so.1.0.8", SHARED), provides="libbz2.so.1()(64bit)")


def test_programs_are_those_of_path_called_like_the_package_first_and_scripts_last() -> None:
    files = [
        elf("/usr/bin/apply", SCRIPT),
        elf("/usr/bin/bunzip2", inode=7),
        elf("/usr/bin/bzip2", inode=7),
        elf("/usr/bin/bzip2recover"),
        elf("/usr/libexec/helper"),
        link("/usr/bin/bzcat", "../bin/./bzip2"),
        link("/usr/bin/elsewhere", "/usr/bin/of-another-package"),
        link("/usr/bin/round", "round"),
        text("/usr/bin/readme"),
    ]
    assert facts_of(package("bzip2", *files), ()).programs == (
        Program("/usr/bin/bzip2", ("bunzip2", "bzcat")),
        Program("/usr/bin/bzip2recover"),
        Program("/usr/bin/apply"),
    )


def test_libraries_that_the_package_needs_are_measured_too() -> None:
    tool = package("bzip2", elf("/usr/bin/bzip2"), requires="libbz2.so.1()(64bit) libc.so.6()(64bit)")
    base = package("bzip2-data", text("/usr/share/bzip2"), provides="data")
    extra = package("bzip2-extra", elf("/usr/bin/bzextra"))
    facts = facts_of(tool, (LIBRARY, base, extra))
    assert (facts.also, facts.others, facts.require) == (("libbz2-1",), ("bzip2-extra",), ())


def test_what_a_library_of_a_library_needs_is_among_them() -> None:
    deep = package("libdeep1", elf("/usr/lib64/libdeep.so.1", SHARED), provides="libdeep.so.1")
    middle = package(
        "libmiddle1", elf("/usr/lib64/libmiddle.so.1", SHARED), requires="libdeep.so.1", provides="middle"
    )
    assert facts_of(package("a", elf("/usr/bin/a"), requires="middle"), (deep, middle)).also == (
        "libdeep1",
        "libmiddle1",
    )


def test_a_library_is_run_by_programs_that_need_it() -> None:
    tool = package("bzip2", elf("/usr/bin/bzip2"), requires="libbz2.so.1()(64bit)")
    facts = facts_of(LIBRARY, (tool,))
    assert (facts.component, facts.require) == ("libbz2-1", ("bzip2",))
    assert (facts.programs, facts.others) == ((Program("/usr/bin/bzip2"),), ())


def test_a_library_that_nobody_needs_is_loaded() -> None:
    facts = facts_of(LIBRARY, ())
    assert (facts.programs, facts.library) == ((), "/usr/lib64/libbz2.so.1.0.8")


def test_services_but_no_templates_and_test_suites_are_found() -> None:
    files = [
        elf("/usr/sbin/daemon"),
        text("/usr/lib/systemd/system/daemon.service"),
        text("/usr/lib/systemd/system/daemon.socket"),
        text("/usr/lib/systemd/system/daemon@.service"),
        text("/usr/lib/systemd/user/other.service"),
        text("/usr/share/installed-tests/daemon/a.test"),
        text("/usr/share/doc/packages/daemon/tests/a"),
    ]
    tests = package("daemon-testsuite", text("/usr/lib/daemon/tests/b"))
    facts = facts_of(package("daemon", *files), (tests,))
    assert facts.services == ("daemon.service", "daemon.socket")
    assert facts.suites == (
        "the package daemon-testsuite",
        "/usr/lib/daemon/tests of daemon-testsuite",
        "/usr/share/installed-tests of daemon",
    )


def test_a_package_without_code_is_refused_and_one_that_has_some_is_named() -> None:
    with pytest.raises(NothingToMeasure) as caught:
        facts_of(package("bzip2-doc", text("/usr/share/doc/a"), elf("/usr/bin/script", SCRIPT)), (LIBRARY,))
    assert caught.value.where == "bzip2-doc-1-1.x86_64"
    assert caught.value.hint == "one of the same source has: funkqa init libbz2-1"
