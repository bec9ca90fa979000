"""What is read of mountinfo, and of other facts of the host."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funkqa.system import files, host, mount
from funkqa.system.mount import Mount


def test_the_root_is_mounted() -> None:
    assert "/" in {mounted.point for mounted in mount.mounts()}
    assert ("/proc", "proc") in {(mounted.point, mounted.filesystem) for mounted in mount.mounts()}


def test_a_line_is_read_with_its_optional_fields_and_escapes() -> None:
    line = r"36 35 98:0 /sub /mnt/a\040b\134040c ro,noatime shared:1 master:2 - ext3 /dev/my\011root rw,errors=x"
    assert mount._parsed(line) == Mount("/mnt/a b\\040c", "ext3", "/dev/my\troot", "ro,noatime", "98:0")


def test_a_line_without_optional_fields_is_read() -> None:
    assert mount._parsed("22 1 0:21 / / rw - tmpfs none rw") == Mount("/", "tmpfs", "none", "rw", "0:21")


@given(st.text(st.sampled_from(" \t\n\\#0134x\x0b\x85"), max_size=12))
def test_every_path_survives_the_kernels_escapes(path: str) -> None:
    escaped = "".join(f"\\{ord(c):03o}" if c in " \t\n\\#" else c for c in path)
    assert mount._unescape(escaped) == path


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ('NAME=x\nID="opensuse-tumbleweed"\nVERSION_ID="20260101"\n', ("opensuse-tumbleweed", "20260101")),
        ("ID=fedora\nVERSION_ID=44\n", ("fedora", "44")),
        ("# nothing\n", ("", "")),
    ],
)
def test_the_distribution_is_read_from_os_release(tmp_path: Path, text: str, facts: tuple[str, str]) -> None:
    (tmp_path / "usr/lib").mkdir(parents=True)
    (tmp_path / "usr/lib/os-release").write_text(text)
    assert host.distribution(tmp_path) == facts


def test_a_root_without_os_release_has_no_distribution(tmp_path: Path) -> None:
    assert host.distribution(tmp_path) == ("", "")


def test_a_held_file_tells_when_it_changed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    with files.held(path) as held:
        assert held.read(3, 4) == b"3456"
        assert held.read(8, 100) == b"89"
        assert not held.changed()
        path.chmod(0o600)
        assert held.changed()


def test_a_held_file_is_the_same_file_after_its_name_is_another(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"first")
    with files.held(path) as held, held.stream() as stream:
        path.unlink()
        path.write_bytes(b"second")
        assert stream.read() == b"first"
        assert held.inode != (path.stat().st_dev, path.stat().st_ino)


def test_first_bytes_are_those_of_regular_files_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\x7fELF and more")
    (tmp_path / "link").symlink_to("file")
    assert files.first_bytes(tmp_path / "file", 4) == b"\x7fELF"
    assert files.first_bytes(tmp_path / "link", 4) == b""
    assert files.first_bytes(tmp_path, 4) == b""
    assert files.first_bytes(tmp_path / "none", 4) == b""
