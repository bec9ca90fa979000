"""Which programs get a shim, and through which mirror."""

import os
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funkqa.shim import unfit
from funkqa.shim.plan import Program, ShimPlan, plan_shims
from funkqa.system.mount import Mount

BASE = "/run/funkqa/shims-1-x"


def planned(*paths: str, mounts: Sequence[str] = ("/",), spared: Mapping[str, str] | None = None) -> ShimPlan:
    programs = [Program(number, path, (7, number)) for number, path in enumerate(paths)]
    return plan_shims(BASE, programs, mounts, spared or {})


def test_a_program_is_reached_through_the_mirror_of_its_mount() -> None:
    plan = planned("/usr/bin/a", "/usr/bin/b")
    assert plan.mirrors == {"/": f"{BASE}/mirrors/0"}
    assert [(shim.path, shim.mirror) for shim in plan.shims] == [
        ("/usr/bin/a", f"{BASE}/mirrors/0/usr/bin/a"),
        ("/usr/bin/b", f"{BASE}/mirrors/0/usr/bin/b"),
    ]
    assert [(shim.image, shim.inode) for shim in plan.shims] == [(0, (7, 0)), (1, (7, 1))]
    assert plan.without == {}


def test_each_shim_has_a_file_and_a_folder_of_its_own() -> None:
    plan = planned("/a", "/b", "/c")
    assert len({shim.file for shim in plan.shims} | {shim.aliases for shim in plan.shims}) == 6
    assert all(shim.file.startswith(f"{BASE}/shims/") for shim in plan.shims)


def test_the_longest_mount_point_wins_and_each_is_mirrored_once() -> None:
    mounts = ("/", "/usr", "/usr/lib/x", "/us", "/home")
    plan = planned("/usr/bin/a", "/usr/lib/x/b", "/usr/lib/xy", "/bin/c", mounts=mounts)
    assert plan.mirrors == {
        "/usr": f"{BASE}/mirrors/0",
        "/usr/lib/x": f"{BASE}/mirrors/1",
        "/": f"{BASE}/mirrors/2",
    }
    assert [shim.mirror.removeprefix(f"{BASE}/mirrors/") for shim in plan.shims] == [
        "0/bin/a",
        "1/b",
        "0/lib/xy",
        "2/bin/c",
    ]


def test_mounts_without_a_program_have_no_mirror() -> None:
    assert set(planned("/usr/bin/a", mounts=("/", "/proc", "/home")).mirrors) == {"/"}


@pytest.mark.parametrize(
    "path",
    ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-x86_64.so.1", "/lib/ld64.so.1"],
)
def test_the_loader_gets_no_shim_and_the_plan_says_so(path: str) -> None:
    plan = planned(path, "/usr/bin/ld")
    assert [shim.path for shim in plan.shims] == ["/usr/bin/ld"]
    assert "dynamic loader" in plan.without[path]


def test_a_program_over_which_something_is_mounted_gets_no_shim() -> None:
    plan = planned("/usr/bin/a", "/usr/bin/b", mounts=("/", "/usr/bin/a"))
    assert [shim.path for shim in plan.shims] == ["/usr/bin/b"]
    assert plan.without == {"/usr/bin/a": "something is mounted over it"}


def test_spared_programs_and_mounts_get_no_shim_and_no_mirror() -> None:
    spared = {"/sbin/init": "first", "/opt": "hidden", "/usr/bin": "is no mount point here"}
    plan = planned("/sbin/init", "/opt/a", "/opt/b/c", "/usr/bin/d", mounts=("/", "/opt"), spared=spared)
    assert plan.without == {"/sbin/init": "first", "/opt/a": "hidden", "/opt/b/c": "hidden"}
    assert [shim.path for shim in plan.shims] == ["/usr/bin/d"]
    assert set(plan.mirrors) == {"/"}


def test_a_path_that_two_names_lead_to_gets_one_shim() -> None:
    assert [shim.path for shim in planned("/usr/bin/a", "/usr/bin/a").shims] == ["/usr/bin/a"]


FOLDERS = st.lists(st.sampled_from(("a", "b", "c")), min_size=1, max_size=4).map(
    lambda parts: "/" + "/".join(parts)
)


@given(st.lists(FOLDERS, max_size=6, unique=True), st.lists(FOLDERS, min_size=1, max_size=6, unique=True))
def test_every_program_has_a_shim_or_a_reason_and_its_mirror_shows_its_path(
    points: list[str], paths: list[str]
) -> None:
    plan = planned(*paths, mounts=("/", *points))
    assert {shim.path for shim in plan.shims} | plan.without.keys() == set(paths)
    assert not {shim.path for shim in plan.shims} & plan.without.keys()
    for shim in plan.shims:
        (point,) = (point for point, mirror in plan.mirrors.items() if shim.mirror.startswith(f"{mirror}/"))
        inside = shim.mirror.removeprefix(plan.mirrors[point])
        assert f"{point.rstrip('/')}{inside}" == shim.path
        assert not any(shim.path.startswith(f"{other}/") and len(other) > len(point) for other in points)


def mounted(point: str, options: str = "rw,relatime") -> Mount:
    return Mount(point, "ext4", "/dev/x", options, "8:1")


def refused(root: Path, *mounts: Mount) -> dict[str, str]:
    return dict(unfit.mount_points(root, mounts))


def test_mounts_that_anybody_may_reach_are_mirrored(tmp_path: Path) -> None:
    (tmp_path / "open/mnt").mkdir(parents=True)
    tmp_path.chmod(0o755)
    (tmp_path / "open/mnt").chmod(0o700)  # its own root says so in the mirror too
    assert refused(tmp_path, mounted("/"), mounted("/open/mnt", "ro,nosuid,nodev")) == {}


@pytest.mark.parametrize("mode", [0o700, 0o750, 0o754, 0o701, 0o705, 0o677])
def test_a_mount_below_a_folder_that_keeps_somebody_out_is_not_mirrored(tmp_path: Path, mode: int) -> None:
    (tmp_path / "secret/inner/mnt").mkdir(parents=True)
    tmp_path.chmod(0o755)
    (tmp_path / "secret").chmod(mode)
    try:
        reason = refused(tmp_path, mounted("/secret/inner/mnt"))["/secret/inner/mnt"]
        assert "not everybody may enter /secret," in reason
    finally:
        (tmp_path / "secret").chmod(0o700)


def test_a_mount_below_a_folder_with_an_access_list_is_not_mirrored(tmp_path: Path) -> None:
    folder = tmp_path / "listed"
    (folder / "mnt").mkdir(parents=True)
    tmp_path.chmod(0o755)
    folder.chmod(0o755)
    assert refused(tmp_path, mounted("/listed/mnt")) == {}
    os.setxattr(folder, "system.posix_acl_access", denying(os.geteuid() + 1))
    assert set(refused(tmp_path, mounted("/listed/mnt"))) == {"/listed/mnt"}


def denying(user: int) -> bytes:
    """An access control list (acl(5)) that lets all read and search but this user."""
    entries = ((1, 7, -1), (2, 0, user), (4, 5, -1), (16, 5, -1), (32, 5, -1))
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)


def test_a_mount_without_execution_or_out_of_sight_is_not_mirrored(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    found = refused(tmp_path, mounted("/data", "rw,noexec,nosuid"), mounted("/gone/mnt"))
    assert found == {
        "/data": "its file system is mounted noexec",
        "/gone/mnt": "not everybody may enter /gone, as a mirror would let them",
    }
