"""debuginfod servers: debug files and supplementary files by build ID, through elfutils' own client.

DEBUGINFOD_URLS and the other variables of debuginfod-find(1) mean what they mean there.
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from funkqa.debuginfo import locate
from funkqa.debuginfo.cache import SERVERS, Cache, Kept, Kind
from funkqa.model.errors import CommandFailed, FunkqaError, ToolMissing
from funkqa.model.plan import DebugFileStatus
from funkqa.model.units import BuildId
from funkqa.system import process

URLS = "DEBUGINFOD_URLS"
LIMITS = {"DEBUGINFOD_TIMEOUT": "30", "DEBUGINFOD_MAXTIME": "900"}
"""Unless the environment says otherwise: seconds for the first 100 kB, and for a whole file."""

NOT_THERE = "No such file or directory"
"""What debuginfod-find says when no server has it (ENOENT)."""

HINT = "install debuginfod-find (zypper: debuginfod-client, dnf: elfutils-debuginfod-client, apt: debuginfod)"


@dataclass(slots=True)
class Servers:
    """The servers that ``urls`` names; none if it is empty.

    After a failure (no answer, no client) no more is asked, and ``trouble`` says why.
    """

    urls: str
    cache: Cache
    trouble: str = ""

    @classmethod
    def configured(cls, cache: Cache) -> "Servers":
        return cls(os.environ.get(URLS, "").strip(), cache)

    def fetch(self, build_id: BuildId) -> Kept | None:
        """The debug file or supplementary file of a build ID, fetched into the cache."""
        if not self.urls or not build_id:
            return None
        for _ in range(2):  # a damaged file in the client's directory is asked for once more
            kept = self.cache.take(build_id, Kind.DEBUG)
            if kept is not None:
                return kept
            found = None if self.trouble else self._ask(build_id)
            if found is None:
                return None
            if locate.is_build(found, build_id):
                return self._move(build_id, found)
            found.unlink(missing_ok=True)
        self.trouble = f"what {self.urls} has for build ID {build_id} isn't its debug file"
        return None

    def _ask(self, build_id: BuildId) -> Path | None:
        directory = self.cache.directory / SERVERS
        try:
            directory.mkdir(parents=True, exist_ok=True)
            answer = process.run(
                ["debuginfod-find", "debuginfo", build_id],
                environment={
                    **{name: os.environ.get(name, default) for name, default in LIMITS.items()},
                    URLS: self.urls,
                    "DEBUGINFOD_CACHE_PATH": str(directory),
                },
                timeout_s=3600,
            )
        except CommandFailed as error:
            # The client would remember for ten minutes that no server had it, whatever servers are asked then.
            (directory / build_id / "debuginfo").unlink(missing_ok=True)
            if NOT_THERE not in error.output:
                said = error.output.strip().splitlines()
                self.trouble = f"{self.urls} gave no debug files: {said[-1] if said else error.message}"
            return None
        except ToolMissing as error:
            self.trouble = f"{URLS} is set, but {error.message}: {HINT}"
            return None
        except OSError as error:
            self.trouble = f"{directory} can't be written: {error.strerror}"
            return None
        return Path(answer.stdout.strip())

    def _move(self, build_id: BuildId, found: Path) -> Kept | None:
        def moved(target: Path) -> None:
            shutil.move(found, target)
            target.chmod(0o600)  # the client makes files that only root can still write to

        try:
            return self.cache.keep(build_id, Kind.DEBUG, moved, DebugFileStatus.DEBUGINFOD)
        except FunkqaError:
            # Another process has moved it already.
            if (kept := self.cache.take(build_id, Kind.DEBUG)) is None:
                raise
            return kept
