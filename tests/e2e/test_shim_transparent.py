"""A program behind a shim gets, does and leaves what it would without: everything is done twice and compared."""

import os
import pty
import re
import resource
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from funkqa.analysis.coverage import cover
from funkqa.model.coverage import State
from funkqa.model.measurement import Measurement
from funkqa.system import mount
from tests.compiling import tool
from tests.e2e import traced
from tests.e2e.shimming import shimmed, stopped

NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--")
WITH_AMBIENT = (*NOBODY[:-1], "--inh-caps=+net_raw", "--ambient-caps=+net_raw", "--")
SHELL = ("sh", "-c", 'exec "$0" "$@"')
CORE = (resource.RLIMIT_CORE, (0, 0))
HARMLESS = {signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH} | {
    number
    for number in signal.Signals
    if number.name.startswith(("SIGSTOP", "SIGT")) and number is not signal.SIGTERM
}
"""They don't end a program, or stop it only."""

BESIDE = """\
static int answer;
__attribute__((constructor, noipa)) static void as_it_is_loaded(void) { answer = 42; }
int beside(void) { return answer; }
"""

Seen = tuple[int, bytes]
Case = Callable[["Programs"], object]


@dataclass(frozen=True, slots=True)
class Programs:
    folder: Path

    @property
    def shown(self) -> Path:
        return self.folder / "shown"

    def run(self, *arguments: str, name: str = "shown", **how: object) -> Seen:
        options: dict[str, object] = {"env": {"PATH": os.environ["PATH"], "PROGRAM": str(self.shown)}, **how}
        command = [str(self.folder / name), *arguments]
        if prefix := options.pop("prefix", ()):
            command = [*prefix, *command]  # type: ignore[misc]
        options.setdefault("stdin", subprocess.DEVNULL)
        done = subprocess.run(  # type: ignore[call-overload]
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False, **options
        )
        return done.returncode, done.stdout


def no_cores() -> None:
    resource.setrlimit(*CORE)


def strange_setting() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (77, 88))
    resource.setrlimit(resource.RLIMIT_STACK, (1 << 20, 1 << 22))
    resource.setrlimit(*CORE)
    os.nice(5)
    os.umask(0o137)
    os.chdir("/var/tmp")
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])


def with_descriptors(programs: Programs) -> Seen:
    reader, writer = os.pipe()
    try:
        os.dup2(reader, 57)
        os.set_inheritable(57, True)
        return programs.run(pass_fds=(57, writer))
    finally:
        for descriptor in (reader, writer, 57):
            os.close(descriptor)


def on_a_terminal(programs: Programs) -> Seen:
    child, leader = pty.fork()
    if not child:
        os.execve(programs.shown, ["shown", "on a terminal"], {"TERM": "dumb"})
    output = b""
    while True:
        try:
            chunk = os.read(leader, 4096)
        except OSError:
            break
        output += chunk
        if not chunk:
            break
    os.close(leader)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), output


def told_by_a_signal(programs: Programs) -> int:
    child = subprocess.Popen([programs.shown, "sleep"], stdout=subprocess.PIPE, env={})
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    child.send_signal(signal.SIGUSR1)
    child.stdout.close()
    return child.wait(60)


def beside_the_program(programs: Programs) -> Seen:
    """Behind a shim the program's own path, and what is found by it, lies in the mirror."""
    code, said = programs.run("itself-beside", "x")
    return code, re.sub(rb"/run/funkqa/shims-[^/]+/mirrors/\d+/", b"/", said)


def with_argv(*argv: bytes) -> Case:
    def case(programs: Programs) -> Seen:
        done = subprocess.run(
            argv, executable=programs.shown, env={"A": "", "B": "="}, stdout=subprocess.PIPE, check=True
        )
        return done.returncode, done.stdout

    return case


def runs(*arguments: str, **how: object) -> Case:
    return lambda programs: programs.run(*arguments, **how)  # type: ignore[arg-type]


CASES: Mapping[str, Case] = {
    "arguments and environment": runs("a", "", "b c", "\\", "*", env={"X": "1", "LD_LIBRARY_PATH": "/nowhere"}),
    "an argv[0] of its own": with_argv(b"login name"),
    "an empty argv[0]": with_argv(b"", b"", b""),
    "bytes that are no text": with_argv(b"\xff\xfe", b"\x80"),
    "long arguments": runs(*("y" * 100_000 for _ in range(15))),
    "no environment": runs(env={}),
    "limits, nice, umask, cwd, signals": runs(preexec_fn=strange_setting),
    "inherited descriptors": with_descriptors,
    "a terminal": on_a_terminal,
    "a pipe to read from": runs("copy", "3", stdin=None, input=b"line\n" * 50_000),
    "closed descriptors": runs("exit", "4", prefix=(*SHELL[:2], f"{SHELL[2]} <&- >&- 2>&-")),
    "a signal to its PID": told_by_a_signal,
    "another name by a symbolic link": runs(name="alias"),
    "a script that it interprets": runs("x", name="script"),
    "a script by another name": runs(name="other-script"),
    "a script that names the interpreter by a link": runs(name="linked-script"),
    "a script that is found through the program's own path": beside_the_program,
    "a hard link": runs(name="hard"),
    "static": runs(name="static"),
    "as nobody": runs(prefix=NOBODY),
    "set-user-ID": runs(name="setuid", prefix=NOBODY),
    "set-group-ID": runs(name="setgid", prefix=NOBODY),
    "file capabilities": runs(name="capable", prefix=NOBODY),
    "set-user-ID with no_new_privs": runs(name="setuid", prefix=(*NOBODY[:-1], "--no-new-privs", "--")),
    "fewer capabilities": runs(prefix=("setpriv", "--bounding-set=-sys_admin", "--inh-caps=+chown", "--")),
    "ambient capabilities": runs(prefix=WITH_AMBIENT),
    "ambient capabilities that set-user-ID ends": runs(name="setuid", prefix=WITH_AMBIENT),
    "no_new_privs": runs(prefix=("setpriv", "--no-new-privs", "--")),
    "seccomp that kills on socket()": runs("seccomp", "x"),
    "itself again": runs("itself", "exit", "5"),
    "vfork": runs("vfork", "exit", "6"),
    "posix_spawn": runs("spawn", "exit", "7"),
    "a library beside it ($ORIGIN)": runs(name="origin"),
    "a file system that is read-only": runs(name="readonly/shown"),
    "a PID namespace in a mount namespace": runs(prefix=("unshare", "--pid", "--fork", "--mount-proc", "--mount")),
    "mount and PID namespaces in each other": runs(
        prefix=("unshare", "--mount", "--pid", "--fork", "unshare", "--mount", "--pid", "--fork", "--mount-proc")
    ),
    "a session of its own": runs(prefix=("setsid", "--wait")),
    "su": runs("x", prefix=("su", "-s", "/bin/sh", "nobody", "-c", 'exec "$0" "$@"', "--")),
    "a file that isn't executable for nobody": runs(name="private", prefix=(*NOBODY, *SHELL)),
    "an argument list without anything": with_argv(b"x"),
    "every exit code": lambda programs: [programs.run("exit", str(code)) for code in range(256)],
    "every signal that ends it": lambda programs: [
        (number.name, programs.run("die", str(number.value), preexec_fn=no_cores))
        for number in signal.Signals
        if number not in HARMLESS
    ],
}


@dataclass(frozen=True, slots=True)
class Compared:
    plain: Mapping[str, object]
    shimmed: Mapping[str, object]
    measurement: Measurement
    before: object
    after: object
    programs: Programs


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compared]:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as directory:
        folder = Path(directory)
        folder.chmod(0o755)
        programs = built(folder)
        elves = [folder / name for name in ("shown", "static", "setuid", "setgid", "capable", "origin", "private")]
        elves += [folder / "hard", folder / "readonly/shown", folder / "liborigin.so"]
        try:
            before = facts(folder)
            plain = {name: case(programs) for name, case in CASES.items()}
            name = f"shims-{os.getpid()}"
            with shimmed(name, *elves):
                behind = {name: case(programs) for name, case in CASES.items()}
                measurement = stopped(name, tmp_path_factory.mktemp("shims") / "result.funkqa")
            yield Compared(plain, behind, measurement, before, facts(folder), programs)
        finally:
            mount.unmount(folder / "readonly")


def built(folder: Path) -> Programs:
    shown = traced.build(folder / "shown", "shown.c", options="-g -O1")
    traced.build(folder / "static", "shown.c", options="-g -O1 -static")
    for name, mode in (("setuid", 0o4755), ("setgid", 0o2755), ("capable", 0o755), ("private", 0o700)):
        shutil.copy(shown, folder / name)
        (folder / name).chmod(mode)
    tool("setcap", "cap_net_raw+ep", str(folder / "capable"))
    (folder / "hard").hardlink_to(shown)
    (folder / "alias").symlink_to("shown")
    for name, interpreter in (("script", "shown"), ("linked-script", "alias")):
        (folder / name).write_text(f"#!{folder / interpreter} -x\n")
        (folder / name).chmod(0o755)
    (folder / "other-script").symlink_to("script")
    (folder / "origin.c").write_text("int beside(void); int main(void) { return beside(); }\n")
    (folder / "beside.c").write_text(BESIDE)
    tool("gcc", "-g", "-shared", "-fPIC", "-o", str(folder / "liborigin.so"), str(folder / "beside.c"))
    rpath = "-Wl,-rpath,$ORIGIN"
    tool("gcc", "-g", rpath, f"-L{folder}", "-o", str(folder / "origin"), str(folder / "origin.c"), "-lorigin")
    (folder / "readonly").mkdir()
    mount.mount("tmpfs", folder / "readonly", "tmpfs")
    shutil.copy(shown, folder / "readonly")
    mount.mount("", folder / "readonly", flags=mount.MS_REMOUNT | mount.MS_RDONLY)
    return Programs(folder)


def facts(folder: Path) -> object:
    found = []
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        labels = [(name, os.getxattr(path, name)) for name in os.listxattr(path)] if not path.is_symlink() else []
        times = status.st_mtime_ns, status.st_ctime_ns
        found.append((path, status.st_ino, status.st_nlink, status.st_mode, status.st_uid, times, labels))
    return found


SHOWN: Mapping[str, tuple[bytes, ...]] = {
    "set-user-ID": (b"ids 65534 0 65534 65534", b"secure 1"),
    "set-user-ID with no_new_privs": (b"ids 65534 65534 65534 65534", b"NoNewPrivs:\t1"),
    "set-group-ID": (b"ids 65534 65534 65534 0", b"secure 1"),
    "file capabilities": (b"CapEff:\t0000000000002000", b"secure 1"),
    "ambient capabilities": (b"CapAmb:\t0000000000002000", b"secure 0"),
    "ambient capabilities that set-user-ID ends": (b"CapAmb:\t0000000000000000", b"secure 1"),
    "no_new_privs": (b"NoNewPrivs:\t1",),
    "seccomp that kills on socket()": (b"argument <x>", b"Seccomp:\t2"),
    "another name by a symbolic link": (b"Name:\talias", b"alias"),
    "a script that it interprets": (b"Name:\tscript", b"script", b"argument <-x>", b"argument <x>"),
    "a script by another name": (b"Name:\tother-script",),
    "a script that names the interpreter by a link": (b"Name:\tlinked-script",),
    "a script that is found through the program's own path": (b"Name:\tscript", b"argument <x>"),
    "su": (b"ids 65534 65534 65534 65534", b"argument <x>"),
}
"""Lines of what the plain program shows."""


@pytest.mark.parametrize("name", CASES)
def test_a_shimmed_program_is_as_a_plain_one(compared: Compared, name: str) -> None:
    assert compared.shimmed[name] == compared.plain[name]


def test_the_cases_do_something(compared: Compared) -> None:
    """What is the same twice could be the same failure."""
    failed = {name for name, seen in compared.plain.items() if isinstance(seen, tuple) and b"not found" in seen[1]}
    assert not failed
    codes = {name: seen[0] for name, seen in compared.plain.items() if isinstance(seen, tuple)}
    assert codes["a library beside it ($ORIGIN)"] == 42
    deaths = compared.plain["every signal that ends it"]
    assert isinstance(deaths, list)
    assert ("SIGKILL", (-9, b"")) in deaths
    assert len(deaths) > 15
    assert all(code == -signal.Signals[name] for name, (code, _) in deaths)
    assert compared.plain["every exit code"] == [(code, b"") for code in range(256)]
    assert codes["vfork"] == 6
    for name, shown in SHOWN.items():
        seen = compared.plain[name]
        assert isinstance(seen, tuple)
        assert set(shown) <= set(seen[1].splitlines()), name


def test_every_start_is_logged_and_constructors_are_in_scope(compared: Compared) -> None:
    names = {
        (image.image.path.rpartition("/")[2], each.function.name)
        for image in cover(compared.measurement).images
        for each in image.functions
        if each.state is State.COVERED
    }
    assert names >= {("shown", "before_main"), ("shown", "main"), ("liborigin.so", "as_it_is_loaded")}
    starts = [each for each in compared.measurement.executions if each.measured]
    assert len(starts) >= len(CASES) - 1, "what can't be executed doesn't start"
    assert {each.user for each in starts} == {0, 65534}


def test_no_byte_time_or_attribute_of_the_files_changes(compared: Compared) -> None:
    assert compared.after == compared.before
