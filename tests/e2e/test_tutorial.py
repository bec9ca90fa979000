"""The tutorial of recipes, block by block as a reader does it; what it prints is what is printed."""

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.e2e.comparing import LATER
from tests.e2e.conftest import ROOT, build
from tests.e2e.running import RUN_TIMEOUT_S

TUTORIAL = ROOT / "recipes/TUTORIAL.md"
RECIPE = "squash.yaml"
SECONDS = re.compile(r"\d+\.\d\d s\b")
ELIDED = "..."


class Command(NamedTuple):
    """A command of a console block and what it is said to print."""

    text: str
    printed: tuple[str, ...]


def blocks() -> Iterator[tuple[str, str]]:
    """Language and text of each fenced block."""
    for found in re.finditer(r"^```(\w+)\n(.*?)^```$", TUTORIAL.read_text(), re.DOTALL | re.MULTILINE):
        yield found[1], found[2]


def commands(console: str) -> Iterator[Command]:
    text, printed = "", list[str]()
    for line in console.splitlines():
        # A draft begins with a comment, which looks like a command of root's.
        if re.match(r"[$] |# funkqa ", line):
            if text:
                yield Command(text, tuple(printed))
            text, printed = line[2:], []
        else:
            printed.append(line)
    yield Command(text, tuple(printed))


def as_told(printed: tuple[str, ...]) -> re.Pattern[str]:
    """What is elided may be anything, durations and the columns that they move too."""
    lines = ["(?:.*\n)*?" if line == ELIDED else re.escape(alike(line)) + "\n" for line in printed]
    return re.compile("".join(lines))


def alike(line: str) -> str:
    return " ".join(SECONDS.sub("T", line).split())


def without_numbers(lines: Iterable[str]) -> Iterator[str]:
    """For a file of this machine's, which its own updates change."""
    return (re.sub(r"\d+", "N", line) for line in lines)


def test_the_tutorial_does_what_it_says(repository: Path, cache: Path, tmp_path: Path) -> None:
    build(*LATER)
    folder, programs = tmp_path / "reader", tmp_path / "bin"
    folder.mkdir()
    programs.mkdir()
    (programs / "funkqa").write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m funkqa "$@"\n')
    (programs / "funkqa").chmod(0o755)
    environment = {**os.environ, "FUNKQA_CACHE": str(cache), "PATH": f"{programs}:{os.environ['PATH']}"}
    for name in ("COLUMNS", "DEBUGINFOD_URLS"):
        environment.pop(name, None)
    prepared, ran = "", 0
    for language, text in blocks():
        if language == "sh":
            prepared = f"make() {{ :; }}; cd {ROOT}; {text}\ncd {folder}\n"
        elif language == "yaml":
            recipe = folder / RECIPE
            whole = text.startswith("version:")
            recipe.write_text(text if whole else recipe.read_text().replace("measure:", f"{text}\nmeasure:"))
        else:
            assert language == "console"
            for command in commands(text):
                done = subprocess.run(
                    ["bash", "-c", prepared + command.text],
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    timeout=RUN_TIMEOUT_S,
                    check=False,
                )
                told, printed = command.printed, tuple(done.stdout.splitlines())
                if command.text.startswith("funkqa plan /"):
                    told, printed = tuple(without_numbers(told)), tuple(without_numbers(printed))
                assert as_told(told).fullmatch("".join(f"{alike(line)}\n" for line in printed)), (
                    f"{command.text}\n{done.stdout}"
                )
                ran += 1
    assert ran >= 14
    assert {path.name for path in folder.iterdir()} >= {RECIPE, "squash.html", "squash.xml", "squash.json"}


def test_a_text_that_is_not_printed_is_noticed() -> None:
    told = as_told(("a", ELIDED, "took 0.10 s  on"))
    assert told.fullmatch("a\nb\nc\ntook T on\n")
    assert told.fullmatch("a\ntook T on\n")
    assert not told.fullmatch("a\nb\n")
    assert not told.fullmatch("b\ntook T on\n")


@pytest.mark.parametrize("verb", ["init", "check", "plan", "run", "report", "compare"])
def test_every_verb_that_a_recipe_needs_is_shown(verb: str) -> None:
    shown = [command.text for language, text in blocks() if language == "console" for command in commands(text)]
    assert any(re.search(rf"\bfunkqa {verb} ", command) for command in shown)
