"""Coverage as an LCOV tracefile, for lcov, genhtml and what reads their format (geninfo(1)).

Its first test, without a name, lists every function of the ratio as not entered. Each execute step is a test that
lists what it entered, so that readers add up the steps; one that entered nothing lists the first function as not
entered. A function is a line too: tracefiles without lines are
refused. Numbers of executions are 0 or 1.

A source file is named as -debugsource installs it, ``/usr/src/debug/bzip2-1.0.8-5.1.x86_64/bzip2.c``; functions
whose declaration isn't known stand in ``/usr/bin/bzip2.functions``, which doesn't exist. Names are linkage names
(``genhtml --demangle-cpp`` makes them readable), with a number where a file has several of one name; a comma, at
which lcov 1 cuts, stands as ``\\x2c``, and so do angle brackets and quotes in names of files, which its genhtml
copies into pages as they are.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from funkqa.model.coverage import Coverage, State
from funkqa.model.recipe import Phase
from funkqa.report.places import by_file
from funkqa.report.plain import spelled

_LONGEST_PART = 200
_IN_PAGES = str.maketrans({each: f"\\x{ord(each):02x}" for each in "<>\"'"})


class _Entry(NamedTuple):
    """A function as the tracefile names it, and the steps that entered it."""

    line: int
    name: str
    steps: tuple[int, ...]


def render(coverage: Coverage) -> str:
    """The tracefile; to be written as UTF-8."""
    files = _files(coverage)
    return "".join([*_test("", files, covered=False), *_steps(coverage, files)])


def test_name(number: int, step: str) -> str:
    """``step_2_every_block_size`` of the second step: lcov takes ASCII letters, digits and ``_``."""
    return re.sub("[^A-Za-z0-9]+", "_", f"step {number} {step}").rstrip("_")


def _files(coverage: Coverage) -> Mapping[str, list[_Entry]]:
    files: dict[str, list[_Entry]] = defaultdict(list)
    taken: dict[str, dict[str, int]] = defaultdict(dict)
    for image in coverage.images:
        for source, places in by_file(coverage, image).items():
            path = "/".join(map(_part, source.split("/")))
            names, entries = taken[path], files[path]
            for line, each in places:
                name = spelled(each.function.name).replace(",", "\\x2c")
                entries.append(
                    _Entry(line, _unique(name, names), each.steps if each.state is State.COVERED else ())
                )
    return files


def _part(of_path: str) -> str:
    """A part of a path that genhtml can make a file of."""
    shown = of_path.translate(_IN_PAGES).encode()
    return shown.decode() if len(shown) <= _LONGEST_PART else f"{shown[:_LONGEST_PART].decode(errors='ignore')}..."


def _unique(name: str, taken: dict[str, int]) -> str:
    """The name, or ``name#2`` if it is taken; ``taken`` says how often each was wanted."""
    unique = name
    while unique in taken:
        taken[name] += 1
        unique = f"{name}#{taken[name]}"
    taken[unique] = 1
    return unique


def _steps(coverage: Coverage, files: Mapping[str, list[_Entry]]) -> Iterator[str]:
    entered: dict[int, dict[str, list[_Entry]]] = defaultdict(lambda: defaultdict(list))
    for path, entries in files.items():
        for entry in entries:
            for number in entry.steps:
                entered[number][path].append(entry)
    for number, step in enumerate(coverage.steps):
        if step.phase is Phase.EXECUTE:
            name = test_name(number + 1, step.name)
            if number in entered:
                yield from _test(name, entered[number], covered=True)
            elif files:
                # A test has no record of its own: that of a function that it didn't enter will do.
                path, (first, *_) = min(files.items())
                yield from _test(name, {path: [first]}, covered=False)


def _test(name: str, files: Mapping[str, Iterable[_Entry]], covered: bool) -> Iterator[str]:
    hit = int(covered)
    for path in sorted(files):
        entries = list(files[path])
        lines = sorted({entry.line for entry in entries})
        yield f"TN:{name}\nSF:{path}\n"
        yield "".join([f"FN:{entry.line},{entry.name}\n" for entry in entries])
        yield "".join([f"FNDA:{hit},{entry.name}\n" for entry in entries])
        yield f"FNF:{len(entries)}\nFNH:{hit * len(entries)}\n"
        yield "".join([f"DA:{line},{hit}\n" for line in lines])
        yield f"LF:{len(lines)}\nLH:{hit * len(lines)}\nend_of_record\n"
