"""YAML text -> the tree of its nodes, with YAML's own complaints in plain words.

Before the tree is built its size is bounded from the event stream, which needs no recursion: libyaml and
PyYAML compose nested collections recursively, so a file of brackets alone would exhaust the stack.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from funkqa.model.errors import RecipeError, RecipeErrors

MAX_DEPTH = 32
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# What a text file may hold: YAML 1.1, section 5.1 (https://yaml.org/spec/1.1/#id868524).
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_QUOTE = "put a text that begins with *, &, @, %, ` or ! in quotes"
_INDENT = "give keys of one mapping, and items of one list, the same indentation in spaces"
# (what libyaml or PyYAML says, what funkqa says instead or "" to keep it, what to do)
_PLAIN_WORDS = (
    (r"undefined alias", "no value is marked with & for this alias", _QUOTE),
    (r"scanning an? (alias|anchor)", "a text can't begin with * or & here", _QUOTE),
    (r"cannot start any token", "a text can't begin with this character", _QUOTE),
    (r"mapping values are not allowed", "there is a ':' too many here, or the indentation is wrong",
     "put a text that contains ': ' in quotes; " + _INDENT),
    (r"unexpected ':'", "a ':' can't end a text here", "put a text that contains ':' in quotes"),
    (r"escape (character|code)", "a text in double quotes holds an unknown \\ escape",
     "write \\\\ for a backslash, or use single quotes"),
    (r"quoted scalar|double-quoted", "the quotation mark that opens here is never closed", "close it"),
    (r"flow (sequence|mapping)", "the bracket that opens here isn't closed, or a comma is missing",
     "close it with ] or }, and separate its items with commas"),
    (r"block (mapping|collection|sequence)", "the indentation of this line doesn't fit the lines above", _INDENT),
    (r"could not find expected ':'", "a key without a ':' ends here", "write a ':' and a space after each key"),
    (r"", "", "check quotes, brackets and indentation of this line and the one above"),
)  # fmt: skip


def compose(text: str, path: Path, loader: Any = LOADER) -> yaml.Node:
    """The root node of the only document. Raises RecipeErrors, with one error, for what can't be a recipe."""
    try:
        _refuse_unprintable(text)
        _bound(yaml.parse(text, Loader=loader))
        root = yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        raise _fault(path, *_in_plain_words(error, text)) from error
    except _Refused as error:
        raise _fault(path, *error.args) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # Only PyYAML's own scanner: an escape or a version with a number beyond reason.
        raise _fault(path, 1, 1, "this is not valid YAML", f"what the YAML reader says: {error}") from error
    if root is None or root.tag == "tag:yaml.org,2002:null":
        hint = "write at least the keys version, summary, component and execute"
        raise _fault(path, 1, 1, "the recipe is empty", hint)
    return root


class _Refused(Exception):
    """Valid YAML that can't be a recipe: line and column from 1, message, hint."""


def _fault(path: Path, line: int, column: int, message: str, hint: str) -> RecipeErrors:
    return RecipeErrors((RecipeError(message, where=f"{path}:{line}:{column}", hint=hint),))


def _refuse_unprintable(text: str) -> None:
    if found := _UNPRINTABLE.search(text):
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        code = ord(found[0])
        name = "a NUL byte" if not code else f"the control character U+{code:04X}"
        raise _Refused(line, column, f"the file holds {name}", "save the recipe as plain UTF-8 text")


def _bound(events: Iterator[yaml.Event]) -> None:
    depth = documents = 0
    for event in events:
        mark: Any = event.start_mark
        line, column = mark.line + 1, mark.column + 1
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _Refused(line, column, "a second document begins here", "give each recipe a file of its own")
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise _Refused(line, column, f"lists and mappings are nested more than {MAX_DEPTH} deep",
                               "a recipe needs four levels; look for brackets too many")  # fmt: skip
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _in_plain_words(error: yaml.MarkedYAMLError, text: str) -> tuple[int, int, str, str]:
    said = f"{error.context or ''} {error.problem or ''}"
    mark = error.problem_mark or error.context_mark
    lines = text.split("\n")
    line = lines[mark.line] if mark and mark.line < len(lines) else ""
    if mark and "\t" in line[: len(line) - len(line.lstrip())]:
        return mark.line + 1, line.index("\t") + 1, "a tab can't indent YAML", "indent with spaces"
    _, message, hint = next(entry for entry in _PLAIN_WORDS if re.search(entry[0], said))
    if error.context_mark and ("opens here" in message or "* or &" in message):
        mark = error.context_mark
    message = message or f"this is not valid YAML: {error.problem}"
    return (mark.line + 1, mark.column + 1, message, hint) if mark else (1, 1, message, hint)
