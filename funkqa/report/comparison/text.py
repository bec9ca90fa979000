"""A comparison as text for a terminal or a log. The first line says it all."""

from collections.abc import Iterator, Sequence

from funkqa.model.comparison import Change, Comparison
from funkqa.report.comparison import words
from funkqa.report.plain import one_line

_MOST_LISTED = 50
"""Of one change; lost functions are all listed."""


def render(comparison: Comparison) -> str:
    """The report, with a newline at the end; without colour or control characters but newlines."""
    return "\n".join(line.rstrip() for line in _lines(comparison)) + "\n"


def _lines(comparison: Comparison) -> Iterator[str]:
    yield words.headline(comparison)
    yield f"{words.JUDGEMENTS[comparison.judgement]}: {words.explanation(comparison)}"
    yield from (f"  - {one_line(finding.text)}" for finding in comparison.findings)
    yield from (f"  note: {one_line(note)}" for note in comparison.notes)
    yield from ("", f"{words.compared_with(comparison)}")
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
        yield from (f"  {one_line(file.name)}: {one_line(file.reason)}" for file in comparison.refused)


def table(rows: Sequence[Sequence[str]], *, right: Sequence[int] = (), indent: int = 2) -> Iterator[str]:
    """Columns two spaces apart; those in ``right`` are flush right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            cell.rjust(width) if number in right else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield " " * indent + "  ".join(cells)
