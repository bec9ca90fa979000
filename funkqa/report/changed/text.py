"""What an update changed, as text for a terminal or a log. The first line says it all."""

from collections.abc import Iterator
from textwrap import wrap

from funkqa.model.change import Changes
from funkqa.report.changed import words
from funkqa.report.comparison.text import table
from funkqa.report.plain import one_line

_WIDTH = 80
_MOST_LISTED = 200
"""Of one change; the other formats list all."""


def render(changes: Changes) -> str:
    """The report, with a newline at the end; without colour or control characters but newlines."""
    return "\n".join(line.rstrip() for line in _lines(changes)) + "\n"


def _lines(changes: Changes) -> Iterator[str]:
    yield words.headline(changes)
    if said := words.judgement(changes):
        yield said
    for finding in changes.findings:
        yield from _folded("  - ", one_line(finding))
    if rows := tuple(words.packages(changes)):
        yield from ("", "packages")
        yield from table([("old", "new"), *rows])
    if images := tuple(words.image_rows(changes)):
        yield from ("", "images")
        columns = words.columns(changes)
        yield from table([columns, *images], right=range(1, len(columns)))
    for change, functions in words.by_change(changes):
        yield from ("", f"{len(functions):,} {words.TITLES[change]}")
        for image, found in words.by_image(functions[:_MOST_LISTED]):
            yield f"  {image}"
            lines = [
                (words.function_name(each), words.place(each), words.sizes(each), words.remark(each))
                for each in found
            ]
            yield from table(lines, indent=4)
        if len(functions) > _MOST_LISTED:
            yield f"  and {len(functions) - _MOST_LISTED:,} more, which the other formats list"
    if told := tuple(words.limits(changes)):
        yield from ("", "limits")
        for line in told:
            yield from _folded("  ", line)


def _folded(first: str, text: str) -> Iterator[str]:
    """The text behind ``first`` in lines that fit a terminal; a word that doesn't stands in a line of its own."""
    rest = " " * max(len(first), 4)
    yield from wrap(
        text, _WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
