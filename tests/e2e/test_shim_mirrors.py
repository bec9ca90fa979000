"""What mirrors open to others, and what is mounted over what: nothing but what was meant. SECURITY.md says why."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compiling import tool
from tests.e2e import shimhost, traced
from tests.e2e.shimhost import ShimHost

TRUSTED = "/usr/lib/tmpfiles.d"
"""A folder below one that the loader trusts, which nobody misses for a while."""


@pytest.fixture
def host(tmp_path: Path, measurable_host: None) -> Iterator[ShimHost]:
    tmp_path.chmod(0o755)
    (tmp_path / "shims").mkdir()
    with shimhost.opened(tmp_path / "shims") as opened:
        traced.build(opened.folder / "prog", "privileged.c", options="-g -O1")
        yield opened


def test_a_mirror_opens_no_mount_that_lies_in_a_closed_folder(host: ShimHost) -> None:
    host.shell(
        """
        mkdir -p /var/tmp/secret/mnt; chmod 700 /var/tmp/secret
        mount -t tmpfs none /var/tmp/secret/mnt; chmod 755 /var/tmp/secret/mnt
        echo top secret >/var/tmp/secret/mnt/file; cp "$1" /var/tmp/secret/mnt/""",
        host.folder / "prog",
    )
    said = host.start("--shim", "/var/tmp/secret/mnt/prog", host.folder / "prog")
    assert "1 shim;" in said
    _, found = host.nobody("sh", "-c", "cat /var/tmp/secret/mnt/file; cat /run/funkqa/shims-*/mirrors/*/file")
    assert "top secret" not in found
    host.run("/var/tmp/secret/mnt/prog")
    reason = "/var/tmp/secret/mnt/prog has none: not everybody may enter /var/tmp/secret"
    assert reason in host.stop().run.environment["shims"]


def test_a_mirror_keeps_the_options_of_its_mount(host: ShimHost) -> None:
    points = {"nosuid": "nosuid,nodev,ro", "noexec": "noexec", "plain": "rw"}
    for point, options in points.items():
        host.shell(
            'mkdir "/tmp/$1"; mount -t tmpfs none "/tmp/$1"; cp "$3" "/tmp/$1/"; chmod 4755 "/tmp/$1/prog"\n'
            'mount -o "remount,bind,$2" "/tmp/$1"',
            point,
            options,
            host.folder / "prog",
        )
    programs = {point: Path("/tmp", point, "prog") for point in points}
    before = {point: host.nobody(program) for point, program in programs.items()}
    assert "2 shims" in host.start("--shim", *programs.values())
    lines = host.shell("findmnt -rno TARGET,OPTIONS | grep /mirrors/").splitlines()
    kept = sorted(
        ",".join(sorted({"nosuid", "nodev", "ro"} & set(line.split(" ")[1].split(",")))) for line in lines
    )
    assert kept == ["", "nodev,nosuid,ro"]
    assert {point: host.nobody(program) for point, program in programs.items()} == before
    assert "effective 65534" in before["nosuid"][1]
    assert "effective 0" in before["plain"][1]
    assert before["noexec"][0] == 126 or "Permission denied" in before["noexec"][1]
    assert "/tmp/noexec/prog has none: its file system is mounted noexec" in host.stop().run.environment["shims"]


def test_programs_that_find_no_library_in_a_mirror_get_no_shim(host: ShimHost) -> None:
    """The loader heeds $ORIGIN of set-user-ID programs in the system's folders alone; a mount may lie between."""
    library, main = host.folder / "library.c", host.folder / "main.c"
    library.write_text("int f(void) { return 42; }\n")
    main.write_text("int f(void); int main(void) { return f(); }\n")
    tool("gcc", "-shared", "-fPIC", "-o", str(host.folder / "liborigin.so"), str(library))
    places = {"trusted": "$ORIGIN", "near": "$ORIGIN", "far": "${ORIGIN}/../lib"}
    for name, rpath in places.items():
        options = (f"-L{host.folder}", "-lorigin", f"-Wl,-rpath,{rpath}")
        tool("gcc", "-g", "-o", str(host.folder / name), str(main), *options)
    host.shell(
        """
        mkdir -p /tmp/it/bin /tmp/it/lib; mount -t tmpfs none /tmp/it/lib; mount -t tmpfs none "$2"
        chmod 755 /tmp /tmp/it/lib "$2"; cd "$1"; cp far near /tmp/it/bin; cp trusted "$2"; chmod 4755 "$2/trusted"
        for folder in /tmp/it/bin /tmp/it/lib "$2"; do cp liborigin.so $folder; done; rm liborigin.so""",
        host.folder,
        TRUSTED,
    )
    programs = {name: f"/tmp/it/bin/{name}" for name in ("far", "near")} | {"trusted": f"{TRUSTED}/trusted"}
    plain = {name: host.nobody(program) for name, program in programs.items()}
    assert plain == dict.fromkeys(programs, (42, ""))

    said = host.start("--shim", *programs.values())
    assert {name: host.nobody(program) for name, program in programs.items()} == plain

    assert "1 shim;" in said
    told = host.stop().run.environment["shims"]
    assert f"{programs['trusted']} has none: it has privileges, and finds libraries by its own path" in told
    assert f"{programs['far']} has none: it finds libraries by its own path ($ORIGIN) on another mount" in told


def test_a_mirror_that_shows_the_shim_ends_at_once_whatever_the_name(host: ShimHost) -> None:
    (host.folder / "alias").symlink_to("prog")
    host.start("--shim", host.folder / "prog")
    mirror = f"{host.base()}/mirrors/0/prog"
    host.shell('mount --bind "$1/shims/0" "$2"', host.base(), mirror)
    for name in ("prog", "alias"):
        code, said = host.run("timeout", "20", host.folder / name)
        assert (code, said.count("\n")) == (126, 1), said
        assert "shows the shim itself" in said
    host.shell('umount "$1"', mirror)
    host.stop()
    assert host.left() == "0\n"


SWAPPED = """
import os, sys
from funkqa.model.errors import HostUnfit
from funkqa.shim import mounts
from funkqa.shim.plan import Program, plan_shims
from funkqa.system import mount
program, victim, template = sys.argv[1:]
facts = os.stat(program)
points = [each.point for each in mount.mounts()]
plan = plan_shims("/run/funkqa/shims-1-x", [Program(0, program, (facts.st_dev, facts.st_ino))], points, {})
os.rename(program, program + ".old")
os.symlink(victim, program)
try:
    mounts.apply(plan, open(template, "rb").read())
except HostUnfit as error:
    print(error)
finally:
    mounts.remove(plan.base, mount.mounts())
print([each.point for each in mount.mounts() if each.source == mounts.SOURCE])
"""


def test_a_path_that_is_swapped_meanwhile_gets_no_mount_over_another_file(host: ShimHost) -> None:
    victim = host.folder / "victim"
    shutil.copy(host.folder / "prog", victim)
    template = Path(__file__).parents[2] / "bpf/shim"
    code, said = host.run(sys.executable, "-c", SWAPPED, host.folder / "prog", victim, template)
    assert code == 0, said
    assert said.splitlines()[-1] == "[]"
    assert str(host.folder / "prog") in said.splitlines()[0]


def test_restore_keeps_away_from_mounts_that_only_bear_the_name(host: ShimHost) -> None:
    """Users mount FUSE under any name; ramfs stands for it."""
    host.shell(
        "mkdir /tmp/mine; mount -t ramfs funkqa-shims /tmp/mine; mkdir /tmp/mine/shims; touch /tmp/mine/kept"
    )
    assert host.restore() == shimhost.CLEAN
    assert host.shell("ls /tmp/mine") == "kept\nshims\n"
    assert subprocess.run(["ls", "/tmp/mine"], capture_output=True, check=False).returncode
