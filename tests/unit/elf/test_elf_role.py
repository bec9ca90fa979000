"""The role of an image, from what compilers make and where packages put it."""

from io import BytesIO
from pathlib import Path

import pytest

from funkqa.elf.image import ElfFacts, read_facts
from funkqa.elf.role import role
from funkqa.model.plan import ImageRole
from tests.compiling import compile_c
from tests.elfwriter import elf

LOADER = "/lib64/ld-linux-x86-64.so.2"
PIE = 0x08000000
PROGRAM, LIBRARY, PLUGIN, HELPER = ImageRole.PROGRAM, ImageRole.LIBRARY, ImageRole.PLUGIN, ImageRole.HELPER


def facts(content: bytes) -> ElfFacts:
    return read_facts(BytesIO(content), "made")


def program() -> ElfFacts:
    return facts(elf(interp=LOADER, flags_1=PIE))


def shared_object(soname: str = "") -> ElfFacts:
    return facts(elf(soname=soname))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/usr/bin/bzip2", PROGRAM),
        ("/usr/sbin/sshd", PROGRAM),
        ("/bin/ls", PROGRAM),
        ("/usr/games/nethack", PROGRAM),
        ("/usr/lib64/jvm/java-21/bin/java", PROGRAM),
        ("/opt/vendor/bin/tool", PROGRAM),
        ("/usr/libexec/git/git-remote-http", HELPER),
        ("/usr/lib/systemd/systemd-udevd", HELPER),
        ("/usr/lib64/firefox/firefox", HELPER),
        ("/usr/lib/cups/backend/usb", HELPER),
        ("/usr/bin/lib/x", HELPER),
    ],
)
def test_a_program_that_people_start_lies_in_a_bin_folder_and_every_other_is_a_helper(
    path: str, expected: ImageRole
) -> None:
    assert role(program(), path) is expected


@pytest.mark.parametrize(
    ("path", "soname", "expected"),
    [
        ("/usr/lib64/libbz2.so.1.0.8", "libbz2.so.1", LIBRARY),
        ("/lib64/libc.so.6", "libc.so.6", LIBRARY),
        ("/usr/lib64/ld-linux-x86-64.so.2", "ld-linux-x86-64.so.2", LIBRARY),
        ("/usr/lib/x86_64-linux-gnu/libz.so.1", "libz.so.1", LIBRARY),
        ("/usr/lib64/glibc-hwcaps/x86-64-v3/libz.so.1", "libz.so.1", LIBRARY),
        ("/opt/vendor/lib/libown.so", "libown.so", LIBRARY),
        ("/usr/lib64/libopcodes-2.40.so", "libopcodes-2.40.so", LIBRARY),
        ("/usr/lib64/libgo_made.so", "", LIBRARY),
        ("/usr/lib64/systemd/libsystemd-shared-257.so", "libsystemd-shared-257.so", PLUGIN),
        ("/usr/lib64/pulseaudio/libpulsecommon.so.17", "libpulsecommon.so.17", LIBRARY),
        ("/usr/lib64/gdk-pixbuf-2.0/2.10.0/loaders/libpixbufloader-svg.so", "libpixbufloader-svg.so", PLUGIN),
        ("/usr/lib64/sasl2/libplain.so.3.0.0", "libplain.so.3", LIBRARY),
        ("/usr/lib64/security/pam_unix.so", "", PLUGIN),
        ("/usr/lib64/gconv/UTF-16.so", "", PLUGIN),
        ("/usr/lib64/stray.so", "", PLUGIN),
        ("/usr/lib64/node_modules/x/binding.node", "", PLUGIN),
        ("/usr/lib64/python3.13/lib-dynload/_bz2.cpython-313-x86_64-linux-gnu.so", "", PLUGIN),
        ("/usr/lib64/perl5/auto/Fcntl/Fcntl.so", "", PLUGIN),
    ],
)
def test_a_library_is_found_by_its_soname_and_a_plug_in_by_its_path(
    path: str, soname: str, expected: ImageRole
) -> None:
    assert role(shared_object(soname), path) is expected


def test_a_library_that_can_be_started_is_a_library() -> None:
    assert role(facts(elf(interp=LOADER, soname="libc.so.6")), "/usr/lib64/libc.so.6") is LIBRARY


def test_a_program_without_interpreter_or_mark_is_known_by_its_folder() -> None:
    assert role(shared_object(), "/usr/bin/static-pie-of-an-old-linker") is PROGRAM


@pytest.mark.parametrize(
    ("options", "in_bin", "elsewhere"),
    [
        (("-pie", "-fPIE"), PROGRAM, HELPER),
        (("-no-pie",), PROGRAM, HELPER),
        (("-static",), PROGRAM, HELPER),
        (("-static-pie", "-fPIE"), PROGRAM, HELPER),
        (("-shared", "-fPIC"), PROGRAM, PLUGIN),
        (("-shared", "-fPIC", "-Wl,-soname,libx.so.1"), LIBRARY, LIBRARY),
    ],
)
def test_roles_of_what_gcc_makes(
    tmp_path: Path, options: tuple[str, ...], in_bin: ImageRole, elsewhere: ImageRole
) -> None:
    source = "int main(void) { return 0; }\n"
    made = facts(compile_c(tmp_path / "made", source, *options).read_bytes())
    assert role(made, "/usr/bin/made") is in_bin
    assert role(made, "/usr/lib64/own/made") is elsewhere
