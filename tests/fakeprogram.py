"""A program that a test puts on PATH in place of a package manager: it records how it was called."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pytest

SCRIPT = """#!/usr/bin/python3
import json, os, pathlib, sys
here = pathlib.Path(__file__).parent
with open(here / "calls", "a") as calls:
    kept = {name: os.environ.get(name) for name in ("HOME", "LC_ALL", "ZYPP_LOCK_TIMEOUT")}
    calls.write(json.dumps([sys.argv[1:], kept]) + "\\n")
answer = json.loads((here / "answer").read_text())
wanted = sys.argv[sys.argv.index(answer["separator"]) + 1:]
known = answer["known"] is None or set(wanted) <= set(answer["known"])
sys.stdout.write(answer["output"])
sys.exit(answer["code"] if known else answer["unknown"])
"""


class Call(NamedTuple):
    arguments: list[str]
    environment: dict[str, str]


class FakeProgram:
    """What it answers: ``code``, or ``unknown`` if one of the words after ``separator`` isn't ``known``."""

    def __init__(self, directory: Path, name: str, separator: str) -> None:
        self.directory, self.separator = directory, separator
        directory.mkdir()
        (directory / name).write_text(SCRIPT)
        (directory / name).chmod(0o755)
        self.answers()

    def answers(
        self, code: int = 0, output: str = "", known: Iterable[str] | None = None, unknown: int = 0
    ) -> None:
        answer = {"code": code, "output": output, "unknown": unknown, "separator": self.separator}
        listed = None if known is None else list(known)
        (self.directory / "answer").write_text(json.dumps({**answer, "known": listed}))

    @property
    def calls(self) -> list[Call]:
        calls = self.directory / "calls"
        return [Call(*json.loads(line)) for line in calls.read_text().splitlines()] if calls.exists() else []


def on_path(monkeypatch: pytest.MonkeyPatch, directory: Path, name: str, separator: str) -> FakeProgram:
    program = FakeProgram(directory, name, separator)
    monkeypatch.setenv("PATH", f"{directory}{os.pathsep}{os.environ['PATH']}")
    return program
