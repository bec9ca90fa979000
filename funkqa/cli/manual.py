"""Man pages, written from what ``--help`` is made of: ``python3 -m funkqa.cli.manual DIR``.

Packages run this when they are built. One page for the program, one for each verb, in the macros of man(7).
click-man isn't used: it doesn't see verbs that are loaded late, and drops epilogs and literal blocks.
"""

import inspect
import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

import funkqa
from funkqa.cli.main import VERBS, program

SPECIAL = str.maketrans({"\\": "\\e", "-": "\\-", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti"})
"""Characters that roff would read as its own, or typeset as something that a shell doesn't take."""


def main(folder: Path) -> None:
    """Write all pages into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        folder.joinpath(name).write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """File name, such as ``funkqa-run.1``, to page."""
    top = click.Context(program, info_name="funkqa", **program.context_settings)
    others = [f"funkqa-{verb}" for verb in sorted(VERBS)]
    told = {"funkqa.1": _page(top, ("funkqa",), str(program.help).partition("\n")[0], others)}
    for verb, summary in VERBS.items():
        command = program.get_command(top, verb)
        assert command is not None
        context = click.Context(command, info_name=verb, parent=top, **command.context_settings)
        told[f"funkqa-{verb}.1"] = _page(context, ("funkqa", verb), summary, ["funkqa"])
    return told


def _page(context: click.Context, words: Sequence[str], summary: str, others: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in _lines(context, words, summary, others))


def _lines(context: click.Context, words: Sequence[str], summary: str, others: Sequence[str]) -> Iterator[str]:
    command, name = context.command, "-".join(words)
    # As reproducible as the package is.
    day = time.strftime("%Y-%m-%d", time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))))
    yield f'.TH {name.upper()} 1 {day} "funkqa {funkqa.__version__}" "User Commands"'
    yield ".SH NAME"
    yield f"{name} \\- {escaped(summary.rstrip('.')[:1].lower() + summary.rstrip('.')[1:])}"
    yield ".SH SYNOPSIS"
    yield " ".join((f"\\fB{escaped(' '.join(words))}\\fR", *map(_option, command.collect_usage_pieces(context))))
    yield ".SH DESCRIPTION"
    yield from _paragraphs(command.help or "")
    yield ".SH OPTIONS"
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and isinstance(parameter, click.Option):
            yield from (".TP", " ".join(map(_option, record[0].split(" "))), _text(record[1]) or "\\&")
    if isinstance(command, click.Group):
        yield ".SH COMMANDS"
        for verb in command.list_commands(context):
            yield from (".TP", f"\\fB{escaped(f'{name}-{verb}')}\\fR(1)", _text(VERBS[verb]))
    if command.epilog:
        yield ".SH NOTES"
        yield from _paragraphs(command.epilog)
    yield ".SH SEE ALSO"
    yield ",\n".join(f"\\fB{escaped(other)}\\fR(1)" for other in others)


def _paragraphs(text: str) -> Iterator[str]:
    """A help text; what follows click's ``\\b`` is literal."""
    for number, paragraph in enumerate(re.split(r"\n\s*\n", inspect.cleandoc(text))):
        if number:
            yield ".PP"
        if paragraph.startswith("\b\n"):
            literal = paragraph.removeprefix("\b\n").split("\n")
            yield from (".nf", *("\\&" + escaped(line) for line in literal), ".fi")
        else:
            yield _text(paragraph)


def _text(text: str) -> str:
    """Filled text: words in backticks are commands, a line that begins as a request would doesn't."""
    parts = " ".join(text.split()).split("`")
    if len(parts) % 2 == 0:
        return _guarded(escaped("`".join(parts)))
    return _guarded(
        "".join(f"\\fB{escaped(part)}\\fR" if n % 2 else escaped(part) for n, part in enumerate(parts))
    )


def _guarded(line: str) -> str:
    return f"\\&{line}" if line.startswith(".") else line


def _option(word: str) -> str:
    """``--output`` is bold and ``PATH`` italic; a comma behind the word is neither."""
    bare = word.rstrip(",")
    if not bare or bare == "/":
        return word
    font = "B" if bare.startswith("-") else "I"
    return f"\\f{font}{escaped(bare)}\\fR{word[len(bare) :]}"


def escaped(text: str) -> str:
    """The text as roff shows it literally."""
    return text.translate(SPECIAL)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
