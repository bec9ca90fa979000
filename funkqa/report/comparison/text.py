"""A comparison as text for a terminal or a log. The first line says it all, the others fit 80 columns."""

from collections.abc import Iterator, Sequence
from textwrap import wrap

from funkqa.model.comparison import Change, Comparison
from funkqa.report.comparison import words
from funkqa.report.plain import one_line, spelled

_WIDTH = 80
_LEAST_WRAPPED = 36
"""Columns that the text at the end of a row has at least."""
_MOST_LISTED = 50
"""Of one change; lost functions are all listed."""


def render(comparison: Comparison) -> str:
    """The report, with a newline at the end; without colour or control characters but newlines."""
    return "\n".join(line.rstrip() for line in _lines(comparison)) + "\n"


def _lines(comparison: Comparison) -> Iterator[str]:
    yield words.headline(comparison)
    yield f"{words.JUDGEMENTS[comparison.judgement]}: {words.explanation(comparison)}"
    for finding in comparison.findings:
        yield from _wrapped("  - ", one_line(finding.text))
    for note in comparison.notes:
        yield from _wrapped("  note: ", one_line(note))
    yield ""
    yield from _compared_with(comparison)
    yield f"now: {comparison.new.ratio}"
    if comparison.differences:
        yield from ("", "differences")
        yield from table([(f"{cause.value}:", text) for cause, text in words.differences(comparison)])
    if rows := tuple(words.image_rows(comparison)):
        yield from ("", "images")
        yield from table([words.IMAGE_COLUMNS, *rows], right=range(1, len(words.IMAGE_COLUMNS)))
    for change, functions in words.changed(comparison):
        yield from ("", f"{len(functions)} {words.TITLES[change]}")
        listed = functions if change is Change.LOST else functions[:_MOST_LISTED]
        for image, found in words.by_image(listed):
            yield f"  {image}"
            rows = tuple(
                (words.function_name(each), words.place(each), words.remark(each, len(comparison.baselines)))
                for each in found
            )
            yield from table(rows, indent=4)
        if len(functions) > len(listed):
            yield f"  and {len(functions) - len(listed)} more, which the other formats list"
    if rows := tuple(words.step_rows(comparison)):
        yield from ("", "steps")
        yield from table([words.STEP_COLUMNS, *rows], right=(3, 4, 5))
    if comparison.refused:
        yield from ("", "files that take no part")
        for file in comparison.refused:
            yield from _refused(spelled(file.name), one_line(file.reason))


def _compared_with(comparison: Comparison) -> Iterator[str]:
    if len(comparison.baselines) < 2:
        yield words.compared_with(comparison)
    else:
        yield f"compared with the median of {len(comparison.baselines)} runs, the newest first:"
        yield from (f"  {words.baseline(side)}" for side in comparison.baselines)


def _refused(name: str, reason: str) -> Iterator[str]:
    if len(name) + len(reason) + 4 <= _WIDTH:
        yield f"  {name}: {reason}"
    else:
        yield f"  {name}:"
        yield from _wrapped("    ", reason)


def _wrapped(first: str, text: str) -> Iterator[str]:
    """Lines at blanks; a path stays whole, however long it is."""
    yield from _filled(text, _WIDTH, first, " " * len(first))


def _filled(text: str, width: int, first: str = "", other: str = "") -> list[str]:
    return wrap(
        text, width, initial_indent=first, subsequent_indent=other, break_long_words=False, break_on_hyphens=False
    )


def table(rows: Sequence[Sequence[str]], *, right: Sequence[int] = (), indent: int = 2) -> Iterator[str]:
    """Columns two spaces apart; those in ``right`` are flush right.

    The last column wraps, and what is too long for the first stands on a line of its own.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    last = len(widths) - 1
    if last not in right:
        widths[last] = min(widths[last], _LEAST_WRAPPED)
    room = _WIDTH - indent - sum(width + 2 for width in widths[1:])
    widths[0] = max((len(row[0]) for row in rows if len(row[0]) <= room), default=2)
    if last not in right:
        widths[last] = max(_LEAST_WRAPPED, _WIDTH - indent - sum(width + 2 for width in widths[:-1]))
    for name, *cells in rows:
        if len(name) > widths[0]:
            yield " " * indent + name
            name = ""
        start = " " * indent + "  ".join(
            cell.rjust(width) if number in right else cell.ljust(width)
            for number, (cell, width) in enumerate(zip((name, *cells[:-1]), widths, strict=False))
        )
        if last in right:
            yield f"{start}  {cells[-1].rjust(widths[last])}"
        else:
            fits = len(cells[-1]) <= widths[last]
            first, *others = [cells[-1]] if fits else _filled(cells[-1], widths[last])
            yield f"{start}  {first}"
            yield from (f"{' ' * len(start)}  {other}" for other in others)
