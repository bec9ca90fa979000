"""Which lines of a source file are the body of which function.

DWARF gives the line of a declaration, and no line where the body ends. In languages with braces the body ends at
the brace that closes the first one after the declaration. Braces in comments, strings and characters don't count;
at ``#else`` and ``#elif`` counting starts again as it was at ``#if``, for both branches may open what is closed
once. Where no brace matches (another language, a macro that hides one) the body is taken to end on the line before
the next declaration in the file. A declaration that ends with a semicolon has no body.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import islice, pairwise
from typing import NamedTuple

_TOKENS = re.compile(
    r"""/\*.*?(?:\*/|\Z) | //[^\n]*
    | "(?:\\.|[^"\\\n])*" | '(?:\\[^\n]{1,8}?|[^'\\\n])'
    | ^[ \t]*\#[ \t]*(?P<condition>if|else|elif|endif)\w*(?:\\\n|[^\n])*
    | (?P<mark>[{};])""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
# ``f (a) int a; {``: types of parameters between the parentheses and the body, as C had them before 1989.
_OLD_STYLE = re.compile(r"\)\s*(?!(?:const|noexcept|override|final|throw|asm|__\w+)\b)[A-Za-z_]\w*[\s*]+[A-Za-z_]")


class Body(NamedTuple):
    """Lines ``first`` to ``last``, counted from 1; both belong to it."""

    first: int
    last: int


class _Mark(NamedTuple):
    """A brace or semicolon; ``depth`` is how many braces are open in front of it."""

    position: int
    mark: str
    depth: int


def bodies(text: str, declared: Iterable[int]) -> dict[int, Body]:
    """The body of each function by the line that declares it; lines that the text doesn't have are left out."""
    lines = [0, *(found.end() for found in re.finditer("\n", text))]
    starts = sorted({line for line in declared if 0 < line <= len(lines)})
    marks = _marks(text)
    places = [mark.position for mark in marks]
    found = {}
    for start, following in pairwise([*starts, len(lines) + 1]):
        begin = lines[start - 1]
        stop = lines[following - 1] if following <= len(lines) else len(text)
        end = _end(text, marks, bisect_left(places, begin), begin, stop)
        found[start] = Body(start, following - 1 if end is None else bisect_right(lines, end))
    return found


def _end(text: str, marks: Sequence[_Mark], index: int, begin: int, stop: int) -> int | None:
    """Where the function ends that is declared at ``begin``, in front of the next one at ``stop``."""
    while index < len(marks) and marks[index].position < stop:
        opened = marks[index]
        index += 1
        if opened.mark == ";" and not _OLD_STYLE.search(text, begin, opened.position):
            return opened.position
        if opened.mark == "{":
            closing = (mark for mark in islice(marks, index, None) if mark.depth <= opened.depth + 1)
            return next((mark.position for mark in closing if mark.mark == "}"), None)
    return None


def _marks(text: str) -> list[_Mark]:
    marks: list[_Mark] = []
    depth = 0
    conditions: list[int] = []
    for token in _TOKENS.finditer(text):
        mark, condition = token["mark"], token["condition"]
        if mark:
            marks.append(_Mark(token.start(), mark, depth))
            depth = max(0, depth + {"{": 1, "}": -1}.get(mark, 0))
        elif condition == "if":
            conditions.append(depth)
        elif condition == "endif" and conditions:
            conditions.pop()
        elif condition and conditions:
            depth = conditions[-1]
    return marks
