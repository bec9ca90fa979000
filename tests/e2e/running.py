"""funkqa as users start it."""

import json
import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

RUN_TIMEOUT_S = 120


@dataclass(frozen=True, slots=True)
class Funkqa:
    """Starts funkqa with a private cache and a private directory for temporary files."""

    repository: Path
    directory: Path
    cache: Path
    marker: str

    @property
    def temporary(self) -> Path:
        return self.directory / "tmp"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "FUNKQA_CACHE": str(self.cache),
            "TMPDIR": str(self.temporary),
            "FUNKQA_TEST_MARKER": self.marker,
        }

    def recipe(self, name: str, text: str, **environment: str) -> Path:
        """Write a recipe; its steps carry the marker too."""
        path = self.directory / f"{name}.yaml"
        variables = json.dumps({"FUNKQA_TEST_MARKER": self.marker, **environment})
        head = f"version: 1\nsummary: {name}\nenvironment: {variables}\n"
        path.write_text(head + textwrap.dedent(text))
        return path

    def command(self, recipe: Path, *options: str) -> list[str]:
        repository = ("--repo", str(self.repository))
        return [
            sys.executable,
            "-m",
            "funkqa",
            "run",
            str(recipe),
            *repository,
            "-o",
            self.result(recipe),
            *options,
        ]

    def result(self, recipe: Path) -> str:
        return str(self.directory / f"{recipe.stem}.funkqa")

    def run(self, recipe: Path, *options: str) -> subprocess.CompletedProcess[str]:
        return self(*self.command(recipe, *options)[3:])

    def start(self, recipe: Path, *options: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            self.command(recipe, *options),
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "funkqa", *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="backslashreplace",
            timeout=RUN_TIMEOUT_S,
            check=False,
        )
