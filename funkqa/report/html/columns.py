"""The functions column by column, for the script of the page (``script/payload.js`` reads it).

Most values repeat, so that strings stand once in a table and rows hold indices. Rows come in the order of
the images; within an image its functions come first, as the inventory has them, then those only inlined.
"""

import base64
import json
import zlib
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, Generic, NamedTuple, TypeVar

from funkqa.analysis.expectations import spellings
from funkqa.model.coverage import Coverage, FunctionCoverage, State
from funkqa.model.plan import Function, Image, Inlined
from funkqa.model.recipe import Phase
from funkqa.report.plain import spelled

# mypy can't name the type of JSON without recursion through Any.
Json = dict[str, Any]
SourceKey = tuple[str, str]
T = TypeVar("T", bound=Hashable)


class Row(NamedTuple):
    """One row of the function table; ``states`` is (state, reason), ``steps`` are of any phase."""

    name: str
    linkage: str
    file: SourceKey
    line: int
    unit: str
    size: int
    state: tuple[str, str]
    steps: tuple[int, ...]
    expected: bool


class Table(Generic[T]):
    """Each value once: equal values get equal indices, counted from 0 in the order of their first use."""

    def __init__(self, *first: T) -> None:
        self.places: dict[T, int] = {value: index for index, value in enumerate(first)}

    def place(self, value: T) -> int:
        return self.places.setdefault(value, len(self.places))


def packed(document: Json) -> str:
    """JSON, deflated (RFC 1950), in base64: nothing in it can end a script element."""
    text = json.dumps(document, ensure_ascii=True, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode("ascii"), 6)).decode("ascii")


def source_rpms(coverage: Coverage) -> Mapping[str, str]:
    """The source RPM of each package by the package's name."""
    return {package.name: package.source_rpm for package in coverage.measurement.run.packages}


def image_keys(images: Sequence[Image]) -> list[str]:
    """What deep links call an image: its soname, else its path; the path where a soname comes twice."""
    sonames, paths = Counter(image.soname for image in images), Counter(image.path for image in images)
    return [
        image.soname
        if image.soname and sonames[image.soname] == 1
        else image.path
        if paths[image.path] == 1
        else f"{image.package}:{image.path}:{index}"
        for index, image in enumerate(images)
    ]


def columns(coverage: Coverage, sources: Sequence[SourceKey]) -> Json:
    """All that the script needs but source text; ``sources`` are the files whose text the page holds."""
    files, units = Table[SourceKey](("", ""), *sources), Table("")
    states, sets = Table[tuple[str, str]](), Table[tuple[int, ...]](())
    table: dict[str, list[Any]] = {name: [] for name in "name linkage file line unit size state steps".split()}
    expected: list[int] = []
    counts = []
    for number in range(len(coverage.images)):
        before = len(table["name"])
        for row in _rows(coverage, number):
            if row.expected:
                expected.append(len(table["name"]))
            table["name"].append(row.name)
            table["linkage"].append(row.linkage)
            table["file"].append(files.place(row.file))
            table["line"].append(row.line)
            table["unit"].append(units.place(row.unit))
            table["size"].append(row.size)
            table["state"].append(states.place(row.state))
            table["steps"].append(sets.place(row.steps))
        counts.append(len(table["name"]) - before)
    keys = image_keys([image.image for image in coverage.images])
    return {
        "images": [
            {
                "key": spelled(key),
                "path": spelled(each.image.path),
                "package": spelled(each.image.package),
                "rows": n,
            }
            for key, each, n in zip(keys, coverage.images, counts, strict=True)
        ],
        "steps": [{"name": spelled(step.name), "phase": step.phase.value} for step in coverage.steps],
        "files": [spelled(file) for _, file in files.places],
        "sources": len(sources),
        "units": [spelled(unit) for unit in units.places],
        "states": list(states.places),
        "sets": list(sets.places),
        "expected": expected,
        "update": _updated(coverage),
        "rows": table,
    }


def first_rows(coverage: Coverage) -> list[int]:
    """The row of the first function of each image."""
    counts = (len(each.functions) + len(each.image.inlined) for each in coverage.images)
    return list(accumulate(counts, initial=0))


def _updated(coverage: Coverage) -> Json:
    """The rows of the functions that an update changed, and of those that are new."""
    first = first_rows(coverage)
    rows: dict[bool, list[int]] = {False: [], True: []}
    for each in coverage.update.functions if coverage.update else ():
        if each.place:
            rows[each.new].append(first[each.place[0]] + each.place[1])
    return {"changed": rows[False], "new": rows[True]}


def _rows(coverage: Coverage, number: int) -> Iterator[Row]:
    each = coverage.images[number]
    rpm = source_rpms(coverage).get(each.image.package, "")
    wanted = tuple(expected.name for expected in coverage.expectations)
    aside = _aside(coverage, number)
    for index, function in enumerate(each.functions):
        yield _row(function, rpm, aside.get(index, ()), wanted)
    for inlined in each.image.inlined:
        yield _inlined(inlined, rpm)


def _row(covered: FunctionCoverage, rpm: str, aside: tuple[int, ...], wanted: tuple[str, ...]) -> Row:
    function = covered.function
    outside = covered.state not in (State.COVERED, State.MISSING)
    return Row(
        name=spelled(function.demangled),
        linkage=_linkage(function),
        file=(rpm, function.file) if function.file else ("", ""),
        line=function.line,
        unit="" if function.unit == function.file else function.unit,
        size=function.size,
        state=(_state(covered), function.reason.value if function.reason else ""),
        steps=() if outside else covered.steps + aside,
        expected=_expected(function, wanted),
    )


def _expected(function: Function, wanted: tuple[str, ...]) -> bool:
    # Every spelling but a linkage name begins the demangled name; to look for parameters in it takes long.
    if not function.demangled.startswith(wanted) and function.name not in wanted and len(function.names) == 1:
        return False
    return any(spelling in wanted for spelling in spellings(function))


def _state(covered: FunctionCoverage) -> str:
    return "incidental" if covered.incidental else covered.state.value


def _linkage(function: Function) -> str:
    """All names that say more than the demangled one, a line each."""
    names = function.names if function.names != (function.demangled,) else ()
    return "\n".join(map(spelled, names))


def _inlined(inlined: Inlined, rpm: str) -> Row:
    return Row(
        name=spelled(inlined.demangled),
        linkage="" if inlined.name == inlined.demangled else spelled(inlined.name),
        file=(rpm, inlined.file) if inlined.file else ("", ""),
        line=inlined.line,
        unit="" if inlined.unit == inlined.file else inlined.unit,
        size=0,
        state=("inlined", ""),
        steps=(),
        expected=False,
    )


def _aside(coverage: Coverage, image: int) -> Mapping[int, tuple[int, ...]]:
    """The steps of prepare and finish that entered a function, by the function's index."""
    entered: dict[int, tuple[int, ...]] = {}
    for step, result in enumerate(coverage.steps):
        if result.phase is not Phase.EXECUTE:
            bitmap = f"{coverage.measurement.hits.get((image, step), 0):b}"[::-1]
            position = bitmap.find("1")
            while position >= 0:
                entered[position] = (*entered.get(position, ()), step)
                position = bitmap.find("1", position + 1)
    return entered
