"""Shims and sessions on an isolated host, where root, nobody and a killed session disturb no other test."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from funkqa.model.measurement import Measurement
from funkqa.store.reader import read_result
from tests.e2e import isolated

TIMEOUT_S = 120
AS_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--")
CLEAN = (0, "nothing to restore\n")


@dataclass(frozen=True, slots=True)
class ShimHost:
    """``folder`` is a mount, the same inside and outside; all may enter it. ``name`` is that of its session."""

    enter: tuple[str, ...]
    folder: Path
    name: str

    def run(self, *command: str | Path, environment: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Exit code and output of a command of root."""
        done = subprocess.run(
            [*self.enter, *map(str, command)],
            env={**os.environ, "FUNKQA_CACHE": str(self.folder / "cache"), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="backslashreplace",
            timeout=TIMEOUT_S,
            check=False,
        )
        return done.returncode, done.stdout

    def nobody(self, *command: str | Path, environment: Mapping[str, str] | None = None) -> tuple[int, str]:
        return self.run("env", "--chdir=/", *AS_NOBODY, *command, environment=environment)

    def shell(self, script: str, *arguments: str | Path) -> str:
        """What a script of root says, which doesn't fail."""
        code, said = self.run("bash", "-ec", script, "bash", *arguments)
        assert code == 0, said
        return said

    def funkqa(self, *arguments: str | Path) -> tuple[int, str]:
        code, said = self.run(sys.executable, "-m", "funkqa", *arguments)
        assert "Traceback" not in said
        return code, said

    def start(self, *arguments: str | Path) -> str:
        code, said = self.funkqa("start", *arguments, "--name", self.name)
        assert code == 0, said
        return said

    def stop(self) -> Measurement:
        result = self.folder / "session.funkqa"
        code, said = self.funkqa("stop", "--session", self.name, "-o", result, "-q")
        assert code in (0, 1, 3), said  # 3: nothing of it ran
        return read_result(result)

    def restore(self) -> tuple[int, str]:
        return self.funkqa("restore")

    def base(self) -> str:
        """The folder of the session's shims."""
        return self.shell("ls -d /run/funkqa/shims-*").strip()

    def pid(self) -> str:
        return self.shell("cat /run/funkqa/sessions/$1/pid", self.name).strip()

    def left(self) -> str:
        """What of funkqa is mounted or lies in /run; a result that is kept isn't meant."""
        return self.shell("grep -c funkqa-shims /proc/self/mountinfo || :; ls -d /run/funkqa/* 2>/dev/null || :")


@contextmanager
def opened(folder: Path) -> Iterator[ShimHost]:
    folder.chmod(0o755)
    name = f"{folder.name}-{os.getpid()}"
    try:
        with isolated.host(folder) as enter:
            host = ShimHost(enter, folder, name)
            host.shell("chmod 755 /run")
            yield host
    finally:
        for kept in ("funkqa", "log"):
            Path(f"/var/lib/funkqa/sessions/{name}.{kept}").unlink(missing_ok=True)
