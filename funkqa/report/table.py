"""Coverage as CSV (RFC 4180): a line for each function, those outside the ratio too.

A cell that a spreadsheet would take for a formula begins with an apostrophe. What can't be printed is spelled, as
``\\x1b``.
"""

import csv
from collections.abc import Iterator

from funkqa.model.coverage import Coverage, FunctionCoverage, ImageCoverage
from funkqa.report.plain import spelled

COLUMNS = (
    *("package", "image", "soname", "build_id", "function", "name", "state", "reason", "steps", "incidental"),
    *("file", "line", "unit", "address", "size"),
)
INLINED = "inlined"
"""The state of functions that exist only inlined."""

_FORMULA = ("=", "+", "-", "@")


class _Lines(list[str]):
    """What is written, line by line: StringIO would give each character of all lines the width of the widest."""

    write = list.append


def render(coverage: Coverage) -> str:
    """The table with its heading; lines end in a newline alone."""
    written = _Lines()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(COLUMNS)
    names = [_cell(step.name) for step in coverage.steps]
    for image in coverage.images:
        writer.writerows(_rows(image, names))
    return "".join(written)


def _rows(image: ImageCoverage, steps: list[str]) -> Iterator[tuple[object, ...]]:
    elf = image.image
    before = (*map(_cell, (elf.package, elf.path, elf.soname)), elf.build_id)
    none = ("", "", "")
    for each in image.functions:
        yield (*before, *_function(each, steps))
    for inlined in elf.inlined:
        names = (_cell(inlined.demangled), _cell(inlined.name))
        place = (_cell(inlined.file), inlined.line or "", _cell(inlined.unit))
        yield (*before, *names, INLINED, *none, *place, *none[1:])


def _function(covered: FunctionCoverage, steps: list[str]) -> tuple[object, ...]:
    function = covered.function
    return (
        _cell(function.demangled),
        _cell(function.name),
        covered.state.value,
        function.reason.value if function.reason else "",
        "; ".join([steps[step] for step in covered.steps]),
        "yes" if covered.incidental else "",
        _cell(function.file),
        function.line or "",
        _cell(function.unit),
        hex(function.vaddr),
        function.size,
    )


def _cell(text: str) -> str:
    shown = spelled(text)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown
