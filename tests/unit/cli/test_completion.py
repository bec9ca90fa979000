"""What a shell is told when it asks for completions."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from funkqa.packages import backend
from funkqa.report.formats import FORMATS

ROOT = Path(__file__).parents[3]


def funkqa(environment: dict[str, str], directory: Path = ROOT) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "funkqa"],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        cwd=directory,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout


def completed(*words: str, directory: Path = ROOT) -> list[str]:
    """What bash gets for the last word."""
    asked = {"COMP_WORDS": " ".join(("funkqa", *words)), "COMP_CWORD": str(len(words))}
    return funkqa({"_FUNKQA_COMPLETE": "bash_complete", **asked}, directory).split()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_source_for_each_shell_is_generated_and_help_says_how(shell: str) -> None:
    source = funkqa({"_FUNKQA_COMPLETE": f"{shell}_source"})
    assert f"_FUNKQA_COMPLETE={shell}_complete" in source
    assert "funkqa" in source
    assert (
        f"_FUNKQA_COMPLETE={shell}_source funkqa"
        in subprocess.run(
            [sys.executable, "-m", "funkqa", "--help"], capture_output=True, text=True, check=True
        ).stdout
    )


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("re",), ["plain,recipes", "plain,release", "plain,report", "plain,restore"]),
        (("run", "--repor"), ["plain,--report"]),
        (("run", "recipes/bz"), ["file,recipes/bz"]),
        (("run", "--backend", ""), [f"plain,{name}" for name in backend.NAMES]),
        (("run", "--report", ""), [f"plain,{name}=" for name in FORMATS]),
        (("report", "--report", "junit"), ["plain,junit=", "plain,junit-standard="]),
        (("release", "--report", "junit"), ["plain,junit=", "plain,junit-standard="]),
        (("trace", "--report", "x"), []),
    ],
)
def test_verbs_options_files_backends_and_formats_are_completed(words: tuple[str, ...], answer: list[str]) -> None:
    assert completed(*words) == answer


def test_files_behind_a_format_are_completed(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results/run.xml").touch()
    assert completed("run", "--report", "junit=re", directory=tmp_path) == ["plain,junit=results/"]
    answer = completed("run", "--report", "junit=results/", directory=tmp_path)
    assert answer == ["plain,junit=results/run.xml"]


def test_bash_itself_completes_verbs(tmp_path: Path) -> None:
    program = tmp_path / "funkqa"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m funkqa "$@"\n')
    program.chmod(0o755)
    script = """
        eval "$(_FUNKQA_COMPLETE=bash_source funkqa)"
        COMP_WORDS=(funkqa re) COMP_CWORD=1
        _funkqa_completion funkqa re funkqa
        echo "${COMPREPLY[@]}"
    """
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-c", script], env={**os.environ, **path}, capture_output=True, text=True)
    assert done.stdout.split() == ["recipes", "release", "report", "restore"], done.stderr


def test_completing_a_verb_imports_no_verb() -> None:
    script = """
import sys
from funkqa.cli.main import program
try:
    program.main([], prog_name="funkqa")
except SystemExit:
    print(*sys.modules)
"""
    asked = {"COMP_WORDS": "funkqa re", "COMP_CWORD": "1", "_FUNKQA_COMPLETE": "bash_complete"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **asked},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "plain,report" in done.stdout
    assert not {"funkqa.cli.report", "funkqa.cli.run", "rich"} & set(done.stdout.split())
