"""Nodes of a YAML tree -> plain values, with the position of each and YAML's traps found.

A recipe means the same to YAML 1.1 and 1.2 readers: numbers count as numbers only where both agree
(``010``, ``1:30``, ``.inf`` and dates stay text), keys are always text (``NO: 1`` sets a variable ``NO``).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import yaml

from funkqa.model.errors import RecipeError, RecipeErrors
from funkqa.recipe.syntax import MAX_DEPTH, compose

MAX_NODES = 10_000

KeyPath = tuple[str | int, ...]
"""The keys and list indices (from 0) that lead to a value; the empty one is the whole recipe."""

_TAG = "tag:yaml.org,2002:"
_TRUE, _FALSE, _NULL = ("yes", "true", "on"), ("no", "false", "off"), ("", "~", "null")
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})\.[0-9]{1,18}")
_SCALARS = ("str", "int", "float", "bool", "null", "timestamp", "value", "merge")


class Finding(NamedTuple):
    """Something wrong with the value at ``keys``: what, and what to do."""

    keys: KeyPath
    message: str
    hint: str


class Place(NamedTuple):
    """Line and column from 1 of the key that holds a value, or of the list item, and a scalar as spelled."""

    line: int
    column: int
    spelling: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """The plain value of a recipe's text, the place of each of its parts, and the faults of its YAML."""

    path: Path
    value: object
    places: Mapping[KeyPath, Place]
    faults: tuple[tuple[Place, Finding], ...]

    def errors(self, findings: Iterable[Finding]) -> tuple[RecipeError, ...]:
        """Its own faults and the findings on its value, in the order of the file."""
        located = [*self.faults, *((self.places[finding.keys], finding) for finding in findings)]
        located.sort(key=lambda fault: fault[0][:2])
        return tuple(_error(self.path, place, finding) for place, finding in located)


def read_source(text: str, path: Path) -> Source:
    """Raises RecipeErrors for what is no YAML tree of reasonable size; other faults are in the Source."""
    walk = _Walk(path)
    root = compose(text, path)
    walk.places[()] = _place(root)
    value = walk.value(root, (), ())
    return Source(path, value, walk.places, tuple(walk.faults))


def dotted(keys: KeyPath) -> str:
    """``('execute', 2, 'name')`` is ``execute[2].name``."""
    text = ""
    for key in keys:
        if isinstance(key, int):
            text += f"[{key}]"
        else:
            plain = re.fullmatch(r"[\w-]+", key)
            text += ("." if text else "") + (key if plain else ascii(key[:40]))
    return text


def _error(path: Path, place: Place, finding: Finding) -> RecipeError:
    """``where`` reads ``path:line:column: execute[2].name``, indices from 0 as in jq."""
    trail = f": {dotted(finding.keys)}" if finding.keys else ""
    where = f"{path}:{place.line}:{place.column}{trail}"
    return RecipeError(finding.message, where=where, hint=finding.hint)


def _place(node: yaml.Node) -> Place:
    spelling = node.value if isinstance(node, yaml.ScalarNode) else ""
    return Place(node.start_mark.line + 1, node.start_mark.column + 1, spelling)


class _Walk:
    """One walk over the tree. Aliases are followed, within MAX_NODES and never into themselves."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.places: dict[KeyPath, Place] = {}
        self.faults: list[tuple[Place, Finding]] = []
        self.nodes = 0

    def fault(self, node: yaml.Node, keys: KeyPath, message: str, hint: str) -> None:
        self.faults.append((_place(node), Finding(keys, message, hint)))

    def refusal(self, node: yaml.Node, keys: KeyPath, message: str, hint: str) -> RecipeErrors:
        self.fault(node, keys, message, hint)
        return RecipeErrors(tuple(_error(self.path, place, finding) for place, finding in self.faults))

    def value(self, node: yaml.Node, keys: KeyPath, above: tuple[yaml.Node, ...]) -> object:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            message = f"the recipe has more than {MAX_NODES:,} values once its aliases are followed"
            raise self.refusal(node, keys, message, "use fewer aliases, or split the recipe")
        if any(node is outer for outer in above):
            message = "this value contains itself through an alias"
            raise self.refusal(node, keys, message, "remove the alias inside of it")
        if len(above) > MAX_DEPTH:
            message = f"lists and mappings are nested more than {MAX_DEPTH} deep once aliases are followed"
            raise self.refusal(node, keys, message, "write aliases that don't build on one another")
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, keys, (*above, node))
        if isinstance(node, yaml.SequenceNode):
            self.check_tag(node, keys, ("seq",))
            return self.sequence(node, keys, (*above, node))
        return self.scalar(node, keys)

    def sequence(self, node: yaml.SequenceNode, keys: KeyPath, above: tuple[yaml.Node, ...]) -> list[object]:
        items = []
        for index, item in enumerate(node.value):
            self.places[(*keys, index)] = _place(item)
            items.append(self.value(item, (*keys, index), above))
        return items

    def mapping(self, node: yaml.MappingNode, keys: KeyPath, above: tuple[yaml.Node, ...]) -> dict[str, object]:
        self.check_tag(node, keys, ("map",))
        entries: dict[str, object] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.fault(key, keys, "a key must be a word, not a list or a mapping", "check the brackets")
                continue
            self.scalar(key, keys)
            if key.tag == f"{_TAG}merge":
                self.fault(key, keys, "recipes have no merge key <<", "write the merged keys out")
                continue
            path = (*keys, key.value)
            if key.value in entries:
                first = self.places[path].line
                self.fault(key, path, f"the key `{dotted(path[-1:])}` stands here a second time",
                           f"line {first} has it already; keep one of them")  # fmt: skip
                continue
            spelling = value.value if isinstance(value, yaml.ScalarNode) else ""
            self.places[path] = _place(key)._replace(spelling=spelling)
            entries[key.value] = self.value(value, path, above)
        return entries

    def scalar(self, node: yaml.Node, keys: KeyPath) -> object:
        self.check_tag(node, keys, _SCALARS)
        text: str = node.value
        if re.search("[\x00\ud800-\udfff]", text):
            message = "a text can't hold NUL or half of a surrogate pair"
            self.fault(node, keys, message, "let the script print such bytes, with printf '\\0'")
        word = text.lower()
        if node.tag == f"{_TAG}bool" and word in (*_TRUE, *_FALSE):
            return word in _TRUE
        if node.tag == f"{_TAG}null" and word in _NULL:
            return None
        if node.tag == f"{_TAG}int" and _INTEGER.fullmatch(text):
            return int(text)
        if node.tag == f"{_TAG}float" and _DECIMAL.fullmatch(text):
            return float(text)
        return text

    def check_tag(self, node: yaml.Node, keys: KeyPath, allowed: tuple[str, ...]) -> None:
        if node.tag not in [f"{_TAG}{name}" for name in allowed]:
            name = node.tag.replace(_TAG, "!!")
            self.fault(node, keys, f"the tag {name[:40]!a} means nothing here",
                       "remove it, or put a text that begins with ! in quotes")  # fmt: skip
