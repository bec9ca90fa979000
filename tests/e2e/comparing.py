"""Real results to merge and compare: packages that were built here in several versions, measured once each."""

import json
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from funkqa.model.errors import ResultFileError
from funkqa.store.reader import read_result
from tests.e2e.running import RUN_TIMEOUT_S, Funkqa

LATER = ("bzip2-next", "bzip2-next2", "gzip-next2", "openssl-next")
"""Specs of later builds."""

BZIP2 = """\
component: bzip2
also: libbz2-1
execute:
  - name: roundtrip
    script: |
      seq 3000 >text
      bzip2 --keep text
      bunzip2 --repetitive-fast <text.bz2 | cmp - text
  - {name: test, script: seq 9 | bzip2 >nine.bz2; bzip2 -t nine.bz2}
"""
VERSION = "  - {name: version, script: bzip2 --version </dev/null >/dev/null}\n"
GZIP = """\
component: gzip
execute:
  - {name: compress, script: seq 3000 >text; gzip --keep -9 text}
  - {name: decompress, script: gzip -dc text.gz | cmp - text}
  - {name: version, script: gzip --version}
"""
OPENSSL = """\
component: openssl
also: libopenssl3
execute:
  - {name: version, script: openssl version}
  - {name: digest, script: openssl dgst -sha256 /dev/null | grep e3b0c442}
"""
MOODY = """\
component: bzip2
also: libbz2-1
execute:
  - {{name: compress, script: seq 9 | bzip2 >nine.bz2}}
  - {{name: test, script: if test -e {flags}/well; then bzip2 -t nine.bz2; fi}}
  - {{name: wait, script: while test -e {flags}/wait; do sleep 0.05; done}}
"""
"""What it enters, and whether it ends, depends on files that no result knows of."""


@dataclass(frozen=True, slots=True)
class Lab:
    """Measures packages, each result at most once, and keeps the results of each version in a folder."""

    funkqa: Funkqa
    later: Path
    flags: Path

    def result(self, folder: str, name: str, text: str, *options: str) -> Path:
        path = self.funkqa.directory / folder / f"{name}.funkqa"
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            done = self.funkqa("run", str(self.funkqa.recipe(name, text)), "-q", "-o", str(path), *options)
            assert done.returncode == 0, done.stdout + done.stderr
        return path

    def measured(self, folder: str, name: str, text: str, *later: str) -> Path:
        """``later`` are repositories of later builds, such as ``next``."""
        repositories = (self.funkqa.repository, *(self.later / each for each in later))
        return self.result(folder, name, text, *(f"--repo={each}" for each in repositories))

    def pair(self, name: str) -> tuple[Path, Path]:
        """The first version of a package and the one with the patch."""
        text = {"bzip2": BZIP2 + VERSION, "gzip": GZIP, "openssl": OPENSSL}[name]
        later = "next" if name == "openssl" else "next2"
        return self.measured("old", name, text), self.measured("new", name, text, later)

    def moody(self, number: int, *, well: bool) -> Path:
        if well:
            (self.flags / "well").touch()
        try:
            return self.measured(f"moody{number}", "moody", MOODY.format(flags=self.flags))
        finally:
            (self.flags / "well").unlink(missing_ok=True)

    def killed(self) -> Path:
        """A run that is killed by SIGKILL in its last step."""
        path = self.funkqa.directory / "moody3/moody.funkqa"
        path.parent.mkdir()
        recipe = self.funkqa.recipe("moody", MOODY.format(flags=self.flags))
        (self.flags / "wait").touch()
        running = self.funkqa.start(recipe, "-o", str(path))
        try:
            deadline = time.monotonic() + RUN_TIMEOUT_S
            while steps_done(path) < 2:
                assert time.monotonic() < deadline
                assert running.poll() is None, running.communicate()
                time.sleep(0.05)
        finally:
            running.kill()
            running.communicate()
            (self.flags / "wait").unlink()
        assert running.returncode == -signal.SIGKILL
        assert self.funkqa("restore").returncode == 0
        return path

    def compare(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return self.funkqa("compare", *map(str, arguments))

    def document(self, *arguments: str | Path, code: int = 0) -> Any:
        """The JSON of a comparison, which its schema allows."""
        done = self.compare(*arguments, "--report", "json=-")
        assert done.returncode == code, done.stdout + done.stderr
        document = json.loads(done.stdout)
        schema = json.loads(self.funkqa("schema", "comparison").stdout)
        assert list(Draft202012Validator(schema).iter_errors(document)) == []
        return document


def steps_done(path: Path) -> int:
    """Steps in the result of a run that is still going."""
    try:
        return len(read_result(path).steps)
    except ResultFileError:  # not there yet, or written right now
        return 0
