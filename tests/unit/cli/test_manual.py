"""Man pages: the same as ``--help``, in a form that man and mandoc take without a warning."""

import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from funkqa.cli import manual
from funkqa.cli.main import VERBS, program

PAGES = manual.pages()
ESCAPES = {"\\e": "\\", "\\-": "-", "\\(aq": "'", "\\(ga": "`", "\\(ha": "^", "\\(ti": "~", "\\&": ""}


def plain(page: str) -> str:
    """What a reader sees of a page, in one line and without backticks."""
    text = re.sub(r"\\f[BIR]", "", page)
    for escape, character in ESCAPES.items():
        text = text.replace(escape, character)
    return " ".join(text.replace("`", "").split())


def test_the_program_and_each_verb_have_a_page() -> None:
    assert PAGES.keys() == {"funkqa.1", *(f"funkqa-{verb}.1" for verb in VERBS)}


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_a_page_has_every_paragraph_and_option_that_help_has(verb: str) -> None:
    context = click.Context(program, info_name="funkqa")
    command = program.get_command(context, verb)
    assert command is not None
    page = plain(PAGES[f"funkqa-{verb}.1"])
    for paragraph in re.split(r"\n\s*\n", str(command.help)):
        assert " ".join(paragraph.replace("\b", "").replace("`", "").split()) in page
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            assert all(f"{option} " in page or f"{option}, " in page for option in parameter.opts)
            assert " ".join((parameter.help or "").replace("`", "").split()) in page


def test_the_page_of_the_program_names_every_verb() -> None:
    assert all(
        f"funkqa-{verb}(1) {summary.replace('`', '')}" in plain(PAGES["funkqa.1"])
        for verb, summary in VERBS.items()
    )


def test_what_roff_would_read_as_its_own_is_shown_literally() -> None:
    @click.command("odd", help=".hidden is no request, \\n no register; 'a' ^ ~ `b c`\n\n\b\n.TH literal\n  -x")
    def odd() -> None: ...

    lines = list(manual._lines(click.Context(odd, info_name="odd"), ("odd",), "Odd.", ()))
    assert "\\&.hidden is no request, \\en no register; \\(aqa\\(aq \\(ha \\(ti \\fBb c\\fR" in lines
    assert lines[lines.index(".nf") : lines.index(".fi")] == [".nf", "\\&.TH literal", "\\&  \\-x"]


def test_a_package_built_again_has_the_same_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert '.TH FUNKQA-RUN 1 1970-01-02 "funkqa ' in manual.pages()["funkqa-run.1"]


@pytest.mark.skipif(shutil.which("groff") is None, reason="needs groff")
def test_groff_formats_every_page_without_a_warning(tmp_path: Path) -> None:
    manual.main(tmp_path)
    for path in sorted(tmp_path.iterdir()):
        command = ["groff", "-ww", "-man", "-Tutf8", "-Kutf8", "-z", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), path.name
