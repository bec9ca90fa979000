"""Shims when something goes wrong: a killed tracer, no room, a damaged shim, a chroot, an update meanwhile."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from funkqa.packages.rpmdb import database_macro
from tests.compiling import tool
from tests.e2e import rpms, shimhost, traced
from tests.e2e.shimhost import CLEAN, ShimHost

CHECKOUT = Path(__file__).parents[2]
PROGRAMS = 3
CALLS = {
    "before anything is mounted": "mount:signal=KILL:when=1",
    "before the mirror": "mount:signal=KILL:when=3",
    "before the first shim": "move_mount:signal=KILL:when=1",
    "between two shims": "move_mount:signal=KILL:when=2",
    "before the first probe": "bpf:signal=KILL:when=1",
}
DATABASE = database_macro(Path("/"))
RPM = ("rpm", "--dbpath", DATABASE)
FACTS = """
for path; do
    stat -c '%n %i %h %a %u:%g %s %y %z' "$path"; sha256sum "$path"
    python3 -c 'import os; print([(each, os.getxattr("'$path'", each)) for each in os.listxattr("'$path'")])'
done"""


@pytest.fixture
def host(tmp_path: Path, measurable_host: None) -> Iterator[ShimHost]:
    (tmp_path / "faults").mkdir()
    with shimhost.opened(tmp_path / "faults") as opened:
        program = traced.build(opened.folder / "prog0", "setuid.c", options="-g -O1")
        for number in range(1, PROGRAMS):
            shutil.copy(program, opened.folder / f"prog{number}")
        tool("setcap", "cap_net_raw+ep", str(opened.folder / "prog1"))
        (opened.folder / "hard").hardlink_to(opened.folder / "prog2")
        yield opened


def programs(host: ShimHost) -> list[Path]:
    return [host.folder / f"prog{number}" for number in range(PROGRAMS)]


def facts(host: ShimHost) -> str:
    return host.shell(FACTS, *programs(host), host.folder / "hard")


def work(host: ShimHost) -> None:
    for program in programs(host):
        assert host.run(program) == (0, "0 1\n")


def serving(host: ShimHost, *enter: str) -> tuple[int, str]:
    """The session as it is in the background, to its end."""
    command = (sys.executable, "-m", "funkqa", "start", "--foreground", "--shim", "--name", host.name)
    return host.run(*enter, *command, *programs(host))


@pytest.mark.parametrize("state", CALLS)
def test_a_tracer_that_is_killed_leaves_programs_that_work_and_restore_cleans_up(
    host: ShimHost, state: str
) -> None:
    before = facts(host)
    code, said = serving(host, "strace", "-f", "-o", "/dev/null", "-e", f"inject={CALLS[state]}")
    assert code == 137 or code == -9, said
    work(host)
    assert host.restore()[0] == 0
    assert host.restore() == CLEAN
    assert host.left() == "0\n"
    work(host)
    assert facts(host) == before


def test_programs_outlive_a_tracer_that_is_killed_while_they_run(host: ShimHost) -> None:
    before = facts(host)
    host.start("--shim", *programs(host))
    host.shell('(sleep 1; "$1") >"$2/late" & kill -KILL "$3"; wait', programs(host)[0], host.folder, host.pid())
    assert (host.folder / "late").read_text() == "0 1\n"
    work(host)
    code, said = host.restore()
    assert code == 0, said
    assert "removed /run/funkqa/shims-" in said
    work(host)
    assert host.restore() == CLEAN
    assert host.left() == "0\n"
    assert facts(host) == before


def refused(host: ShimHost, *expected: str) -> None:
    """One clear error, and all as before."""
    before = facts(host)
    code, said = host.funkqa("start", "--shim", *programs(host), "--name", host.name)
    assert code == 3, said
    for text in (*expected, "\n  "):
        assert text in said
    assert said.count("funkqa: ") == 1, said
    assert host.shell("grep -c funkqa-shims /proc/self/mountinfo || :") == "0\n"
    work(host)
    assert facts(host) == before


def test_a_full_run_is_one_clear_error(host: ShimHost) -> None:
    host.shell(
        "mount -t tmpfs -o mode=755,nr_inodes=9 none /run; for n in {1..20}; do mkdir /run/$n || :; done 2>&1"
    )
    refused(host, "No space left on device")


def test_room_for_the_session_but_not_for_the_shims_is_one_clear_error(host: ShimHost) -> None:
    host.shell("mount -t tmpfs -o mode=755,nr_inodes=7 none /run")
    refused(host, "No space left on device", "measure without --shim")


@pytest.mark.parametrize(
    "call", ["mount:error=ENOMEM:when=1", "mount:error=EPERM:when=4", "move_mount:error=EPERM:when=2"]
)
def test_a_mount_that_fails_takes_all_others_back(host: ShimHost, call: str) -> None:
    code, said = serving(host, "strace", "-f", "-o", "/dev/null", "-e", f"inject={call}")
    assert code == 3, said
    assert "measure without --shim" in said
    assert "Traceback" not in said
    assert host.left() == "0\n"
    work(host)
    assert host.restore() == CLEAN


def test_a_missing_shim_is_one_clear_error(host: ShimHost) -> None:
    host.shell('cp -r "$1/bpf" /tmp/bpf; rm /tmp/bpf/shim; mount --bind /tmp/bpf "$1/bpf"', CHECKOUT)
    refused(host, "the shim isn't built", "make -C ")


DAMAGES = {
    "cut": 'head -c 5000 "$1"',
    "empty": "true",
    "text": "echo text",
    "no marker": 'sed "s/funkqa target/funkqa nothing/" "$1"',
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_shim_is_one_clear_error(host: ShimHost, damage: str) -> None:
    host.shell(f'{DAMAGES[damage]} >/tmp/shim; mount --bind /tmp/shim "$1"', CHECKOUT / "bpf/shim")
    refused(host, "the shim is damaged")


def test_in_a_chroot_a_shim_ends_with_126_and_one_line_that_has_the_remedy(host: ShimHost) -> None:
    program = traced.build(host.folder / "static", "setuid.c", options="-g -O1 -static")
    host.start("--shim", program)
    code, said = host.run("chroot", host.folder, "/static")
    assert code == 126
    assert said.count("\n") == 1
    assert "can't be executed through the mirror; measure without --shim" in said
    assert host.run(program) == (0, "0 1\n")
    host.stop()
    traced_without = ("trace", "--elf", program, "--", "chroot", host.folder, "/static")
    code, said = host.funkqa(*traced_without)
    assert code == 0, said
    assert "0 1\n" in said
    assert host.left() == "0\n"


DIFFERENT = """
cd "$0"
ldd ./shown >/dev/null 2>&1; echo "ldd $?"
chroot . /static >/dev/null 2>&1; echo "chroot $?"
./elsewhere/script | sed -n 's/^Name:.*[^a-z]/comm /p'
cp shown new; mv -f new shown 2>/dev/null; echo "replace $?"
mount -t tmpfs none point
"""
PLAIN = ["ldd 0", "chroot 0", "comm script", "replace 0"]
SHIMMED = ["ldd 1", "chroot 126", "comm shown", "replace 1"]


def test_what_commands_see_of_shims_is_why_they_have_to_be_asked_for(host: ShimHost) -> None:
    """Each of these is no difference without ``--shim``, and README.md tells it."""
    folder = host.folder
    elves = (
        traced.build(folder / "shown", "shown.c"),
        traced.build(folder / "static", "setuid.c", options="-static"),
    )
    for name in ("elsewhere", "point"):
        (folder / name).mkdir()
    script = folder / "elsewhere/script"
    script.write_text(f"#!{folder / 'shown'}\n")
    script.chmod(0o755)
    for options, expected in ((["--shim"], SHIMMED), (["--no-shim"], PLAIN), ([], PLAIN)):
        files = [argument for elf in elves for argument in ("--elf", elf)]
        code, said = host.funkqa("trace", *options, *files, "--", "bash", "-c", DIFFERENT, folder)
        assert code == 0, said
        assert [line for line in said.splitlines() if line in (*PLAIN, *SHIMMED)] == expected
        mounted = host.run("mountpoint", "-q", folder / "point")[0] == 0
        assert mounted == (expected is PLAIN), "whether others see what a command mounts"


@pytest.fixture
def packaged(host: ShimHost, tmp_path: Path) -> tuple[ShimHost, Path]:
    """A host with an RPM database of its own, a package of one program in it, and its update."""
    files = {"/opt/made/prog": host.folder / "prog0"}
    rpms.package(host.folder / "one", "made", files, version="1")
    update = rpms.package(host.folder / "two", "made", files, version="2")
    host.shell(
        """
        mkdir -p /tmp/opt /tmp/rpm; mount --bind /tmp/opt /opt; mount --bind /tmp/rpm "$2"
        rpm --dbpath "$2" --initdb; rpm --dbpath "$2" -U --nodeps "$1/one/made-1.rpm"
        python3 -c 'import os; os.setxattr("/opt/made/prog", "trusted.made", b"by a test")' """,
        host.folder,
        DATABASE,
    )
    return host, update


def test_an_update_is_refused_while_shims_are_mounted_and_works_after(packaged: tuple[ShimHost, Path]) -> None:
    host, update = packaged
    program = "/opt/made/prog"
    before = host.shell(FACTS, program)
    assert host.run(*RPM, "-V", "--nodeps", "made") == (0, "")
    host.start("--shim", "made")
    assert host.run(program) == (0, "0 1\n")
    code, said = host.run(*RPM, "-U", "--nodeps", update)
    assert code, said
    assert "lock" in said
    assert host.run(*RPM, "-q", "made")[1].startswith("made-1-1")
    code, said = host.run(*RPM, "-V", "--nodeps", "made")
    assert program in said, "a shim stands in front of it"
    assert host.stop().executions
    assert host.run(*RPM, "-V", "--nodeps", "made") == (0, "")
    assert host.shell(FACTS, program) == before
    assert host.run(*RPM, "-U", "--nodeps", update)[0] == 0
    assert host.run(*RPM, "-q", "made")[1].startswith("made-2-1")


def test_package_files_are_the_same_after_runs_that_pass_fail_and_are_killed(
    packaged: tuple[ShimHost, Path],
) -> None:
    host, _ = packaged
    program = "/opt/made/prog"
    before = host.shell(FACTS, program)
    assert "by a test" in before
    killed = f"{program}; kill -KILL $PPID; sleep 0.2; {program}"
    for how in ("--shim", "--no-shim"):
        trace = ("trace", how, "--package", "made", "--")
        assert host.funkqa(*trace, program)[0] == 0
        assert host.funkqa(*trace, "sh", "-c", f"{program}; exit 7")[0] == 7
        assert host.funkqa(*trace, "sh", "-c", killed)[0] in (137, -9)
        assert host.restore()[0] == 0
        assert host.left() == "0\n"
        assert host.run(*RPM, "-V", "--nodeps", "made") == (0, "")
        assert host.shell(FACTS, program) == before
