"""What is known of a package -> the text of a recipe to begin with. Nothing of it has been run."""

import json
import re
import shlex
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import NamedTuple

WIDTH = 100
EXAMPLE_LINES, ALL_EXAMPLE_LINES = 60, 240
"""Lines of the examples of one manual page, and of all, that a draft repeats."""
_MOST_NAMES = 12
_LONGEST_NAME = 100
_PLAIN = re.compile(r"[A-Za-z][\w.+-]*(?:,? [\w.+()/-]+)*")
_OF_BASH = frozenset(
    (
        "! . : [ [[ ]] alias bg bind break builtin caller case cd command compgen complete compopt continue "
        "coproc declare dirs disown do done echo elif else enable esac eval exec exit export false fc fg fi for "
        "function getopts hash help history if in jobs kill let local logout mapfile popd printf pushd pwd read "
        "readarray readonly return select set shift shopt source suspend test then time times trap true type "
        "typeset ulimit umask unalias unset until wait while { }"
    ).split()
)
"""Builtins and keywords of bash 5.2 (``compgen -bk``), which hide a program of the same name."""
_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))


class Program(NamedTuple):
    """A program in a folder of PATH, and its other names there."""

    path: str
    others: tuple[str, ...] = ()


class Example(NamedTuple):
    """The EXAMPLES of a manual page, such as ``xz(1)``."""

    page: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a draft is made of.

    ``programs`` are the package's, or, of a library, those of ``require`` that use it; if there are none,
    ``library`` is what can be loaded. ``also`` are the packages with its libraries, ``others`` further ones of the
    same source, ``suites`` folders and packages that look like test suites, ``services`` systemd units.
    """

    component: str
    nevra: str
    summary: str
    programs: tuple[Program, ...]
    library: str = ""
    also: tuple[str, ...] = ()
    require: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    suites: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()


def draft(facts: Facts) -> str:
    """The recipe; one that `funkqa check` takes."""
    return "".join(f"{line}".rstrip() + "\n" for line in _lines(facts))


def _lines(facts: Facts) -> Iterator[str]:
    yield from _comment(
        f"A draft by funkqa init from {facts.nevra}, to begin with. Nothing of it has been run: read it before "
        "you do. Then: funkqa check FILE; funkqa run FILE --suggest"
    )
    yield "version: 1"
    yield f"summary: {_scalar(' '.join(_shown(facts.summary).split()) or facts.component)}"
    yield f"component: {_scalar(facts.component)}"
    if facts.also:
        yield f"also: [{', '.join(map(_scalar, facts.also))}]  # libraries of the same source"
    if facts.require:
        yield f"require: [{', '.join(map(_scalar, facts.require))}]  # installed, not measured"
    if facts.others:
        yield from _comment(
            f"Of the same source, and not measured: {', '.join(facts.others)}. "
            "What belongs to this test goes into `component`."
        )
    if facts.services:
        yield ""
        yield from _comment("Its services; to measure them too, on a system of its own: funkqa run --no-sandbox")
        yield f"# services: [{', '.join(map(_scalar, facts.services))}]"
    yield ""
    yield "execute:"
    yield from _steps(facts)
    if facts.suites:
        yield ""
        yield from _comment("This looks like test suites, which a step may run:")
        yield from (f"#   {_shown(suite)}" for suite in facts.suites)
    if facts.examples:
        yield ""
        yield from _examples(facts.examples)
    yield ""
    yield from _comment("Once it tests something: functions that must run, and the least ratio that passes.")
    yield from ("# measure:", "#   expect: [main]", "#   minimum: 60%")


def _steps(facts: Facts) -> Iterator[str]:
    if not facts.programs:
        yield from _comment(
            "No program that uses this library is known here. Loading it enters hardly a function: name a package "
            "in `require` that has one, or call its functions.",
            "  ",
        )
        yield from _step(f"load {PurePosixPath(facts.library).name}", (), (_loading(facts.library),))
        return
    yield from _comment(
        "That a program has these options is a guess. `result: info` lets a step fail; take it out of those that "
        "work, and replace them by what the program is there for.",
        "  ",
    )
    names = Counter(PurePosixPath(program.path).name for program in facts.programs)
    for program in facts.programs:
        name = PurePosixPath(program.path).name
        called = shlex.quote(name if names[name] == 1 and name not in _OF_BASH else program.path)
        yield from _step(
            name if names[name] == 1 else program.path,
            program.others,
            (f"{called} --version", f"{called} --help"),
        )


def _step(name: str, others: Sequence[str], script: Iterable[str]) -> Iterator[str]:
    yield f"  - name: {_scalar(name[:_LONGEST_NAME])}"
    yield "    result: info"
    yield "    duration: 10s"
    if others:
        more = f" and {len(others) - _MOST_NAMES} more" if len(others) > _MOST_NAMES else ""
        yield from _comment(f"Also called {', '.join(others[:_MOST_NAMES])}{more}.", "    ")
    yield "    script: |"
    yield from (f"      {line}" for line in script)


def _loading(library: str) -> str:
    return f"python3 -c 'import ctypes, sys; ctypes.CDLL(sys.argv[1])' {shlex.quote(library)}"


def _examples(examples: Sequence[Example]) -> Iterator[str]:
    yield from _comment("What its manual pages have for examples:")
    room, left = ALL_EXAMPLE_LINES, []
    for example in examples:
        lines = example.lines[: min(room, EXAMPLE_LINES)]
        if not lines:
            left.append(example.page)
            continue
        room -= len(lines)
        yield "#"
        yield f"# {_shown(example.page)}"
        yield from (f"#   {_shown(line)}" for line in lines)
        if len(lines) < len(example.lines):
            yield f"#   ... and {len(example.lines) - len(lines)} more lines"
    if left:
        yield "#"
        yield from _comment(f"And those of {', '.join(left)}.")


def _comment(text: str, indentation: str = "") -> list[str]:
    mark = f"{indentation}# "
    return textwrap.wrap(
        _shown(text),
        WIDTH,
        initial_indent=mark,
        subsequent_indent=mark,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _shown(text: str) -> str:
    """One line that a recipe may hold: what can't be printed is a question mark."""
    return "".join(each if each.isprintable() else " " if each.isspace() else "?" for each in text)


def _scalar(text: str) -> str:
    """The text in YAML, within a list too."""
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS and text.isascii() and "," not in text
    return text if plain else json.dumps(text, ensure_ascii=False)
