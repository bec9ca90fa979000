"""What the schema says in JSON Schema's words, said in a recipe author's: (message, hint) per fault."""

import json
import re
from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from funkqa.elf.filters import split

Schema = Mapping[str, Any]
Words = tuple[str, str]
"""The message (what is wrong) and the hint (what to do)."""

_NOUNS = {
    "string": "text",
    "array": "a list",
    "object": "a mapping",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
}


class Wrong(NamedTuple):
    """A value that its schema refuses; ``spelling`` is the scalar as it stands in the file."""

    subject: str
    value: Any
    spelling: str
    schema: Schema


def fits(pattern: str, text: str) -> bool:
    """Does ``text`` match a pattern of the schema, whose ``$`` is the end of the text (ECMA 262)?"""
    return re.search(re.sub(r"(?<!\\)\$", r"\\Z", pattern), text) is not None


def regex_fault(expression: str) -> str | None:
    """Why Python can't compile it, with the position from 0; None if it can."""
    try:
        prefix, pattern = split(expression)
        re.compile(pattern)
    except re.error as error:
        return f"{error.msg} at position {len(prefix) + error.pos}" if error.pos is not None else error.msg
    except (OverflowError, RecursionError):
        return "a repetition or the nesting in it is too large"
    return None


def unknown_key(schema: Schema, key: str) -> Words:
    known = list(schema["properties"])
    hint = f"allowed here: {', '.join(known)}" + (", extra-*" if "patternProperties" in schema else "")
    if near := _nearest(key, known):
        hint = f"did you mean `{near}`? {hint}"
    elif " " in key:
        hint = f"put a text that contains ': ' in quotes, or write it as a block after `|`; {hint}"
    return f"unknown key {_shown(key)}", hint


def missing_key(schema: Schema, key: str) -> Words:
    example = _flow(schema["properties"][key]["examples"][0])
    return f"the required key `{key}` is missing", f"add it, for example `{key}: {example}`"


def bad_variable(schema: Schema, key: str) -> Words:
    return f"{_shown(key)} is not {schema['patternErrorMessage']}", "rename the variable"


def _type(wrong: Wrong) -> Words:
    schema, value = wrong.schema, wrong.value
    kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    expected = f"{wrong.subject} must be {' or '.join(_NOUNS[kind] for kind in kinds)}"
    if value is None:
        bare = "string" in kinds and "minLength" not in schema and fits(schema.get("pattern", ""), "")
        empty = "write '' for an empty text, or remove the key" if bare else "give it a value, or remove the key"
        return f"{expected}, but is empty", f"{empty}; {_example(schema)}"
    if isinstance(value, bool | int | float):
        if "string" in kinds:
            return _unquoted(wrong, expected)
        return f"{expected}, not {wrong.spelling}", _example(schema)
    if isinstance(value, str):
        number = {"integer", "number"}.intersection(kinds) and re.fullmatch(r"-?[0-9]+", value)
        hint = f"remove the quotes: {value}" if number else _example(schema)
        return f"{expected}, not the text {_shown(value)}", hint
    kind = "a list" if isinstance(value, list) else "a mapping"
    quotes = "put a text that contains ': ' in quotes; " if kind == "a mapping" and "string" in kinds else ""
    return f"{expected}, not {kind}", quotes + _example(schema)


def _unquoted(wrong: Wrong, expected: str) -> Words:
    """A bare word or number where text is wanted: quotes help, unless the text wouldn't do either."""
    pattern, spelling = wrong.schema.get("pattern", ""), wrong.spelling
    if not fits(pattern, spelling):
        return _form(wrong._replace(value=spelling))
    read = ("true" if wrong.value else "false") if isinstance(wrong.value, bool) else "a number"
    reason = "" if spelling == read else f"YAML reads {spelling} as {read}; "
    return f"{expected}, not {read}", f"{reason}put it in quotes: '{spelling}'"


def _form(wrong: Wrong) -> Words:
    if not wrong.value:
        return f"{wrong.subject} is empty", _example(wrong.schema)
    form = wrong.schema["patternErrorMessage"]
    return f"{wrong.subject} must be {form}, not {_shown(wrong.value)}", _example(wrong.schema)


def _const(wrong: Wrong) -> Words:
    allowed = _flow(wrong.schema["const"])
    if wrong.subject == "`version`":
        message = f"`version` is {_seen(wrong)}, but this funkqa reads version {allowed}"
        return message, f"write `version: {allowed}`, or use the funkqa that the recipe was written for"
    return f"{wrong.subject} must be {allowed}, not {_seen(wrong)}", f"write {allowed}"


def _enum(wrong: Wrong) -> Words:
    known = wrong.schema["enum"]
    near = _nearest(wrong.value, known) if isinstance(wrong.value, str) else None
    hint = f"did you mean {near}? " if near else ""
    message = f"{wrong.subject} can't be {_seen(wrong)}"
    return message, f"{hint}allowed here: {', '.join(known)}"


def _bounds(wrong: Wrong) -> Words:
    schema = wrong.schema
    above = "above" if "exclusiveMinimum" in schema else "at least"
    least = schema.get("exclusiveMinimum", schema.get("minimum"))
    message = f"{wrong.subject} must be {above} {least} and at most {schema['maximum']}, not {wrong.spelling}"
    return message, _example(schema)


def _empty(wrong: Wrong) -> Words:
    what = "needs at least one item" if isinstance(wrong.value, list) else "is empty"
    return f"{wrong.subject} {what}", _example(wrong.schema)


def _too_long(wrong: Wrong) -> Words:
    most = wrong.schema["maxLength"]
    return f"{wrong.subject} has {len(wrong.value)} characters", f"shorten it to at most {most}"


def _repeated(wrong: Wrong) -> Words:
    twice = next(item for index, item in enumerate(wrong.value) if item in wrong.value[:index])
    return f"{wrong.subject} lists {_shown(twice)} more than once", "list it once"


def _regex(wrong: Wrong) -> Words:
    message = f"{_shown(wrong.value)} is not a regular expression: {regex_fault(wrong.value)}"
    return message, "put a backslash before a character of . ^ $ * + ? { } [ ] \\ | ( ) that stands for itself"


WORDS: Mapping[str, Callable[[Wrong], Words]] = {
    "type": _type,
    "pattern": _form,
    "const": _const,
    "enum": _enum,
    "minimum": _bounds,
    "maximum": _bounds,
    "exclusiveMinimum": _bounds,
    "minLength": _empty,
    "minItems": _empty,
    "maxLength": _too_long,
    "uniqueItems": _repeated,
    "format": _regex,
}
"""By the schema's keyword; ``required``, ``additionalProperties`` and ``propertyNames`` have their own above."""


def _nearest(word: str, known: Collection[str]) -> str | None:
    near = get_close_matches(word.lower().strip(), known, n=1)
    return near[0] if near else None


def _example(schema: Schema) -> str:
    return f"for example: {_flow(schema['examples'][0])}"


def _flow(value: object) -> str:
    """YAML in one line: a plain text without quotes, all else as JSON, which is YAML."""
    return value if isinstance(value, str) else json.dumps(value)


def _seen(wrong: Wrong) -> str:
    """A value as the author sees it: ``no``, not the false that YAML makes of it."""
    if wrong.value is None:
        return "empty"
    return wrong.spelling if isinstance(wrong.value, bool | int | float) else _shown(wrong.value)


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 60 else f"{text[:56]} ...{text[-1]}"
