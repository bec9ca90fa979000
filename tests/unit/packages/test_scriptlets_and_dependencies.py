"""What rpm says through each program: scriptlets that failed, and what packages need."""

import pytest

from funkqa.packages.reasons import failed_scriptlets, harmless_scriptlets, missing_dependencies, of_rpm

OF_DNF5 = """\
[4/4] Installing labfail-0:1.0-1.suse.x 100% | 287.4 KiB/s |  14.4 KiB |  00m00s
>>> Non-critical error in %post scriptlet: labfail-0:1.0-1.suse.x86_64
>>> [RPM] %post(labfail-1.0-1.suse.x86_64) scriptlet failed, exit status 3
Transaction failed: Rpm transaction failed.
"""
OF_RPM = """\
rpm: RPM should not be used directly install RPM packages, use Alien instead!
error: Failed dependencies:
\tlibx.so.1()(64bit) is needed by a-1-1.x86_64
\t/bin/sh is needed by a-1-1.x86_64
\tb = 2 is needed by (installed) c-1-1.noarch
"""


def test_a_scriptlet_after_the_installation_does_no_harm() -> None:
    said = "%post(labfail-1.0-1.suse.x86_64) scriptlet failed, exit status 3"
    assert harmless_scriptlets(OF_DNF5) == {"labfail-1.0-1.suse.x86_64": said}
    assert failed_scriptlets(OF_DNF5) == said


@pytest.mark.parametrize("kind", ["posttrans", "postun", "triggerin", "transfiletriggerin"])
def test_scriptlets_that_rpm_goes_on_after(kind: str) -> None:
    assert harmless_scriptlets(f"warning: %{kind}(a-1-1.noarch) scriptlet failed, signal 9\n").keys() == {
        "a-1-1.noarch"
    }


@pytest.mark.parametrize("kind", ["pre", "prein", "pretrans", "preun"])
def test_one_that_keeps_a_package_out_is_never_harmless(kind: str) -> None:
    output = f"{OF_DNF5}error: %{kind}(b-1-1.noarch) scriptlet failed, exit status 1\n"
    assert harmless_scriptlets(output) == {}


def test_xml_around_it_is_no_part_of_what_rpm_says() -> None:
    output = "<message type='warning'>%post(a-1-1.noarch) scriptlet failed, exit status 3</message>"
    assert failed_scriptlets(output) == "%post(a-1-1.noarch) scriptlet failed, exit status 3"


def test_dependencies_are_told_by_the_package_that_needs_them() -> None:
    assert missing_dependencies(OF_RPM) == {
        "a-1-1.x86_64": ["libx.so.1()(64bit)", "/bin/sh"],
        "c-1-1.noarch": ["b = 2"],
    }
    assert missing_dependencies("error: something else\n") == {}


@pytest.mark.parametrize(
    ("needed", "folded"),
    [
        (("libc.so.6()(64bit)", "libc.so.6(GLIBC_2.34)(64bit)"), ["libc.so.6()(64bit)"]),
        (("libc.so.6(GLIBC_2.0)", "libc.so.6(GLIBC_2.34)", "libc.so.6"), ["libc.so.6"]),
        (("libc.so.6(A)(64bit)", "perl(B)", "libc.so.6(C)(64bit)"), ["libc.so.6(A, C)(64bit)", "perl(B)"]),
        (("libc.so.6(A)", "libc.so.6()(64bit)"), ["libc.so.6(A)", "libc.so.6()(64bit)"]),
    ],
)
def test_a_library_is_told_once_whatever_versions_of_its_symbols_are_needed(
    needed: tuple[str, ...], folded: list[str]
) -> None:
    output = "".join(f"\t{each} is needed by a-1-1.x86_64\n" for each in needed)
    assert missing_dependencies(output) == {"a-1-1.x86_64": folded}


def test_errors_of_rpm_are_told_without_its_advice() -> None:
    said = "rpm: However assuming you know what you are doing...\nerror: x.rpm cannot be installed\n"
    assert of_rpm(f"{said}\tpackage a-1-1.noarch conflicts with b\n") == (
        "x.rpm cannot be installed; package a-1-1.noarch conflicts with b"
    )
