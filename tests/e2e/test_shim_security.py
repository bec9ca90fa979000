"""What somebody without privileges may try with shims, sessions and results. SECURITY.md says what is defended.

Each attempt is made twice, before there are shims and behind them: they must give nobody more than before.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.compiling import tool
from tests.e2e import shimhost, traced
from tests.e2e.shimhost import ShimHost
from tests.unit.shim.test_shim_plan import denying

NOBODY = 65534
EVIL = """\
#include <unistd.h>
__attribute__((constructor)) static void loaded(void) { write(1, "evil code\\n", 10); }
"""
SPIES = ("LD_PRELOAD", "LD_AUDIT")
VARIABLES = {
    "LD_LIBRARY_PATH": ".",
    "GLIBC_TUNABLES": "glibc.malloc.check=3",
    "LD_DEBUG": "",
    "LD_ORIGIN_PATH": ".",
}

Attempt = Callable[["Prey"], object]


@dataclass(frozen=True, slots=True)
class Prey:
    """A host with a set-user-ID program ``privileged``, which tells its report what it was given."""

    host: ShimHost

    @property
    def program(self) -> Path:
        return self.host.folder / "privileged"

    @property
    def mirror(self) -> str:
        """The program as its mirror has it: the host's folder is a mount."""
        return f"{self.host.base()}/mirrors/0/{self.program.name}"

    @property
    def yard(self) -> Path:
        """A folder of nobody's own."""
        return self.host.folder / "yard"

    def told(self, *command: str | Path) -> tuple[int, str, str]:
        """Exit code, output, and report of a command of nobody's that may run the program."""
        report = self.host.folder / "report"
        report.unlink(missing_ok=True)
        shell = 'cd "$1"; shift; exec "$@"'
        code, said = self.host.nobody("sh", "-c", shell, "sh", self.yard, *command)
        return code, said, report.read_text() if report.exists() else ""

    @property
    def report(self) -> Path:
        return self.host.folder / "report"

    def attack(self, way: str, *more: str) -> tuple[int, str, str]:
        return self.told(self.host.folder / "attacker", way, self.program, self.report, *more)


def with_spies(prey: Prey) -> object:
    others = [f"{name}={value}" for name, value in VARIABLES.items()]
    evil = prey.yard / "evil.so"
    return [prey.told("env", f"{name}={evil}", *others, prey.program, prey.report) for name in SPIES]


def by_names_of_ones_own(prey: Prey) -> object:
    """A symbolic link, and one below a folder that is called like those of shims."""
    deep = prey.yard / "run/funkqa/shims-1-x/mirrors/0"
    setup = 'mkdir -p "$1"; ln -sf "$2" "$1/privileged"; ln -sf "$2" sly; ln -sf "$2" -- "--help"'
    seen = [prey.told("sh", "-c", setup, "sh", deep, prey.program)]
    for path in ("./sly", "./--help", deep / "privileged", deep.relative_to(prey.yard) / "privileged"):
        seen.append(prey.told(path, prey.report))
    return seen


def way(name: str, *more: str) -> Attempt:
    return lambda prey: prey.attack(name, *more)


def closed(prey: Prey) -> object:
    return prey.told("sh", "-c", 'exec "$0" "$1" <&- >&- 2>&-', prey.program, prey.report)


def listed(prey: Prey) -> object:
    """A program that an access control list denies nobody."""
    return prey.told("sh", "-c", '"$0"; test -x "$0"; echo $?', prey.host.folder / "listed")


ATTEMPTS: Mapping[str, Attempt] = {
    "variables of the loader": with_spies,
    "closed standard descriptors": closed,
    "all descriptors closed": way("closed"),
    "names of one's own": by_names_of_ones_own,
    "no arguments, not even a name": way("no-arguments"),
    "a descriptor": way("by-descriptor", "x"),
    "arguments that look like options": way("plain", "--no-shim", "", "--"),
    "a small stack": way("small-stack"),
    "no room for files": way("no-files"),
    "no room for descriptors": way("no-descriptors"),
    "not dumpable": way("no-dump"),
    "under ptrace": way("traced"),
    "a folder that is another one": lambda prey: prey.told(
        "sh", "-c", 'cd ..; exec ./privileged "$0"', prey.report
    ),
    "a program that a list denies": listed,
}


WITHOUT_REPORT = {
    "a program that a list denies",
    "no arguments, not even a name",
    "no room for files",
    "no room for descriptors",
    "under ptrace",
}


@dataclass(frozen=True, slots=True)
class Attempted:
    prey: Prey
    plain: Mapping[str, object]
    shimmed: Mapping[str, object]


@pytest.fixture(scope="module")
def attempted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attempted]:
    """The session is started with the narrowest umask: its shims must be open to all even so."""
    with shimhost.opened(tmp_path_factory.mktemp("security")) as host:
        prey = Prey(host)
        build(prey)
        plain = {name: attempt(prey) for name, attempt in ATTEMPTS.items()}
        before = os.umask(0o077)
        try:
            host.start("--shim", prey.program, host.folder / "listed")
        finally:
            os.umask(before)
        shimmed = {name: attempt(prey) for name, attempt in ATTEMPTS.items()}
        yield Attempted(prey, plain, shimmed)
        assert host.stop().executions
        assert host.left() == "0\n"


def build(prey: Prey) -> None:
    folder = prey.host.folder
    traced.build(prey.program, "privileged.c", options="-g -O1")
    shutil.copy(prey.program, folder / "harmless")
    shutil.copy(prey.program, folder / "listed")
    os.setxattr(folder / "listed", "system.posix_acl_access", denying(NOBODY))
    traced.build(folder / "attacker", "attacker.c", options="-O1")
    prey.yard.mkdir()
    (prey.yard / "evil.c").write_text(EVIL)
    tool("gcc", "-shared", "-fPIC", "-w", "-o", str(prey.yard / "evil.so"), str(prey.yard / "evil.c"))
    os.chown(prey.yard, NOBODY, NOBODY)
    for path in ("privileged", "harmless", "listed", "attacker"):
        os.chown(folder / path, 0, 0)
    prey.program.chmod(0o4755)


@pytest.mark.parametrize("name", ATTEMPTS)
def test_an_attempt_gets_no_further_than_without_shims(attempted: Attempted, name: str) -> None:
    assert attempted.shimmed[name] == attempted.plain[name]


def test_the_attempts_reach_the_program(attempted: Attempted) -> None:
    """What fails twice would prove nothing."""
    for name in ATTEMPTS.keys() - WITHOUT_REPORT:
        assert f"real {NOBODY} " in str(attempted.shimmed[name]), name
    for name in ("variables of the loader", "names of one's own", "closed standard descriptors", "a small stack"):
        assert f"real {NOBODY} effective 0 65534 secure 1" in str(attempted.shimmed[name]), name
    assert "effective 0" not in str(attempted.shimmed["under ptrace"])
    prey = attempted.prey
    evil = f"LD_PRELOAD={prey.yard / 'evil.so'}"
    assert "evil code" in prey.host.nobody("env", evil, prey.host.folder / "harmless")[1]
    assert "evil code" not in str(attempted.shimmed["variables of the loader"])


def test_shims_and_mirrors_started_themselves_give_no_privilege_of_their_own(attempted: Attempted) -> None:
    prey = attempted.prey
    base = prey.host.base()
    plain = prey.told(prey.program, prey.report)
    shim = prey.host.shell('find "$1/shims" -samefile "$2"', base, prey.program).strip()
    for path in (prey.mirror, shim, f"{base}/mirrors/../../../..{prey.program}"):
        _, said, report = prey.told(path, prey.report)
        assert report.splitlines()[:1] == plain[2].splitlines()[:1], said


def test_the_shims_are_set_user_id_in_name_only(attempted: Attempted) -> None:
    host = attempted.prey.host
    options = host.shell('findmnt -rno OPTIONS -T "$1"', attempted.prey.program).strip().split(",")
    assert {"nosuid", "nodev"} <= set(options)
    mode = host.shell('stat -c "%a %u %g" "$1"', attempted.prey.program)
    assert mode == "4755 0 0\n"


def test_nobody_can_change_what_lies_below_run(attempted: Attempted) -> None:
    host = attempted.prey.host
    base = host.base()
    tries = f"""
    for folder in /run /run/funkqa {base} {base}/shims {base}/mirrors {base}/names /run/funkqa/sessions; do
        mkdir "$folder/x" && echo made in $folder
        ln -s /tmp "$folder/y" && echo linked in $folder
        mv "$folder" /tmp/ && echo moved $folder
    done
    echo x >{base}/shims/0 && echo written
    rm -f {base}/shims/0 && echo removed
    ln {base}/shims/0 /tmp/x && echo linked
    ln {attempted.prey.mirror} /tmp/x && echo linked the program
    umount {base} && echo unmounted
    umount {attempted.prey.program} && echo unmounted the shim
    exec 3<>/run/funkqa.lock && echo opened the lock of sessions
    :"""
    _, said = host.nobody("sh", "-c", f"exec 2>/dev/null\n{tries}")
    assert said == ""
    assert host.shell("ls /run/funkqa").split() == ["sessions", Path(base).name]


def test_namespaces_of_ones_own_give_back_neither_the_program_nor_root(attempted: Attempted) -> None:
    """Who is root of a user namespace may mount over the mirror, and then executes code of its own as itself."""
    prey = attempted.prey
    guarded = prey.host.folder / "guarded"
    guarded.write_text("secret")
    guarded.chmod(0o600)
    evil = prey.yard / "evil"
    script = f"""
    umount {prey.program} 2>/dev/null && echo the shim is gone
    mount -t tmpfs none /run && mkdir -p $(dirname "$1") && cp {evil} "$1" && chmod 4755 "$1"
    {prey.program} {prey.report}"""
    evil.write_text(f"#!/bin/sh\necho evil code; cat {guarded}; echo x >{guarded}\n")
    evil.chmod(0o755)
    _, said = prey.host.nobody(
        "unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", prey.mirror
    )
    assert "the shim is gone" not in said
    assert "evil code" in said, said
    assert "secret" not in said
    assert guarded.read_text() == "secret"
    assert "effective 0" in prey.told(prey.program, prey.report)[2], "others still get the program"


def test_sessions_are_roots_alone(attempted: Attempted) -> None:
    host = attempted.prey.host
    folder, kept = f"/run/funkqa/sessions/{host.name}", "/var/lib/funkqa/sessions"
    assert host.shell('stat -c %a "$@"', folder, kept) == "700\n700\n"
    connect = f"import socket; socket.socket(socket.AF_UNIX).connect({folder + '/control'!r})"
    code, said = host.nobody("/usr/bin/python3", "-c", connect)
    assert code
    assert "PermissionError" in said
    for path in (folder, f"{kept}/{host.name}.funkqa", f"{kept}/{host.name}.log", f"{folder}/pid"):
        code, said = host.nobody("cat", path)
        assert "Permission denied" in said
    code, said = host.nobody("kill", host.pid())
    assert code
    assert host.funkqa("status")[0] == 0


def test_a_result_can_be_read_by_root_alone(attempted: Attempted) -> None:
    """It has arguments of all users' programs."""
    host = attempted.prey.host
    assert host.shell('stat -c %a "$1"', f"/var/lib/funkqa/sessions/{host.name}.funkqa") == "600\n"


def test_what_is_sent_to_the_socket_by_mistake_ends_no_session(attempted: Attempted) -> None:
    host = attempted.prey.host
    for text in (
        "b''",
        "b'\\n'",
        "b'[]\\n'",
        "b'{}\\n'",
        "b'{\"do\": 1}\\n'",
        "b'\\xff\\n'",
        "b'x' * 100000 + b'\\n'",
    ):
        send = (
            "import socket; s = socket.socket(socket.AF_UNIX); s.connect('/run/funkqa/sessions/%s/control'); "
            "s.sendall(%s); s.shutdown(socket.SHUT_WR); print(s.recv(1000))"
        )
        host.run("python3", "-c", send % (host.name, text))
    assert f"PID {host.pid()}" in host.funkqa("status")[1]
