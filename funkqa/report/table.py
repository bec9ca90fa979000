"""Coverage as CSV (RFC 4180): a line for each function, those outside the ratio too.

A cell that a spreadsheet would take for a formula begins with an apostrophe. What can't be printed is spelled, as
``\\x1b``. Steps stand in one cell with ``; `` between them, which pandas' ``str.get_dummies("; ")`` takes apart;
in a step's name a semicolon stands as ``\\x3b``. ``update`` is ``changed`` or ``new``
where an update did that to the function, if the report marks it.
"""

import csv
from collections.abc import Iterator, Mapping

from funkqa.model.coverage import Coverage, FunctionCoverage, ImageCoverage
from funkqa.report.plain import spelled
from funkqa.report.update import change

COLUMNS = (
    *("package", "image", "soname", "build_id", "function", "name", "state", "reason", "steps", "incidental"),
    *("file", "line", "unit", "address", "size", "update"),
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
    names = [spelled(step.name).replace(";", r"\x3b") for step in coverage.steps]
    functions = coverage.update.functions if coverage.update else ()
    changes = {each.place: change(each) for each in functions}
    for number, image in enumerate(coverage.images):
        writer.writerows(_rows(image, names, number, changes))
    return "".join(written)


def _rows(
    image: ImageCoverage, steps: list[str], number: int, changes: Mapping[tuple[int, int] | None, str]
) -> Iterator[tuple[object, ...]]:
    elf = image.image
    before = (*map(cell, (elf.package, elf.path, elf.soname)), elf.build_id)
    none = ("", "", "")
    for index, each in enumerate(image.functions):
        yield (*before, *_function(each, steps), changes.get((number, index), ""))
    for inlined in elf.inlined:
        names = (cell(inlined.demangled), cell(inlined.name))
        place = (cell(inlined.file), inlined.line or "", cell(inlined.unit))
        yield (*before, *names, INLINED, *none, *place, *none)


def _function(covered: FunctionCoverage, steps: list[str]) -> tuple[object, ...]:
    function = covered.function
    return (
        cell(function.demangled),
        cell(function.name),
        covered.state.value,
        function.reason.value if function.reason else "",
        _inert("; ".join([steps[step] for step in covered.steps])),
        "yes" if covered.incidental else "",
        cell(function.file),
        function.line or "",
        cell(function.unit),
        hex(function.vaddr),
        function.size,
    )


def cell(text: str) -> str:
    """A name as it can stand in a cell."""
    return _inert(spelled(text))


def _inert(shown: str) -> str:
    return f"'{shown}" if shown.startswith(_FORMULA) else shown
