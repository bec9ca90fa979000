"""A recipe's plain value against the schema: every fault as a Finding, with the key it belongs to."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from funkqa.recipe import wording
from funkqa.recipe.schema import recipe_schema
from funkqa.recipe.source import Finding, KeyPath, Place, Source

if TYPE_CHECKING:
    from jsonschema import ValidationError


def schema_findings(source: Source) -> list[Finding]:
    """All of them, without duplicates, in the order of the schema's walk."""
    found: dict[Finding, None] = {}
    for error in _errors(source.value):
        for finding in _findings(error, source):
            found[finding] = None
    return list(found)


def _errors(recipe: Any) -> "Iterator[ValidationError]":
    # jsonschema takes longer to import than `funkqa --help` may take.
    from jsonschema import Draft202012Validator, FormatChecker, validators

    formats = FormatChecker(formats=())
    formats.checks("python-regex")(lambda value: not isinstance(value, str) or wording.regex_fault(value) is None)
    kind: Any = validators.extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]
    yield from kind(recipe_schema(), format_checker=formats).iter_errors(recipe)


def _pattern(_: Any, pattern: str, instance: object, __: Any) -> "Iterator[ValidationError]":
    """ECMA's ``$``, the schema's dialect, is the end of the text; Python's also matches before a line break."""
    from jsonschema import ValidationError

    if isinstance(instance, str) and not wording.fits(pattern, instance):
        yield ValidationError(f"{instance!r} doesn't match {pattern}")


def _findings(error: "ValidationError", source: Source) -> Iterator[Finding]:
    keys: KeyPath = tuple(error.absolute_path)
    keyword, schema = str(error.validator), error.schema
    value: Any = error.instance
    assert isinstance(schema, dict)
    if "propertyNames" in error.absolute_schema_path:
        yield Finding((*keys, value), *wording.bad_variable(schema, value))
    elif keyword == "additionalProperties":
        ignored = [re.compile(pattern) for pattern in schema.get("patternProperties", ())]
        for key in value:
            if key not in schema["properties"] and not any(pattern.search(key) for pattern in ignored):
                yield Finding((*keys, key), *wording.unknown_key(schema, key))
    elif keyword == "required":
        for key in schema["required"]:
            if key not in value:
                yield Finding(keys, *wording.missing_key(schema, key))
    else:
        spelling = source.places.get(keys, Place(1, 1)).spelling
        yield Finding(keys, *wording.WORDS[keyword](wording.Wrong(_subject(keys), value, spelling, schema)))


def _subject(keys: KeyPath) -> str:
    if not keys:
        return "a recipe"
    last = keys[-1]
    return f"`{keys[-2]}[{last}]`" if isinstance(last, int) else f"`{last}`"
