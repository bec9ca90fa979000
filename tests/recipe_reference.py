"""The reference of the recipe format in recipes/README.md, made from the recipe schema alone."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

Schema = Mapping[str, Any]

WORDS = {"string": "text", "integer": "a whole number", "number": "a number", "boolean": "`true` or `false`"}
DOCUMENT_END = "...\n"
"""PyYAML writes it after a bare scalar."""


def reference(schema: Schema) -> str:
    """Markdown: a table of a recipe's keys, one of a step's, one of measure's."""
    step = schema["$defs"]["step"]
    measure = schema["properties"]["measure"]
    return "\n".join(
        (
            f"### Keys of a recipe\n\n{schema['description']}\n",
            _table(schema, schema),
            f"### Keys of a step\n\n{step['description']}\n",
            _table(step, schema),
            f"### Keys of `measure`\n\n{measure['description']}\n",
            _table(measure, schema),
        )
    )


def _table(part: Schema, schema: Schema) -> str:
    required = part.get("required", ())
    rows = [_row(key, _resolved(value, schema), key in required) for key, value in part["properties"].items()]
    rows += [_row(f"{key[1:]}*", value, False) for key, value in part.get("patternProperties", {}).items()]
    return "\n".join(("| key | meaning | value | default | examples |", "|---|---|---|---|---|", *rows, ""))


def _row(key: str, value: Schema, required: bool) -> str:
    examples = "<br>".join(_code(example) for example in value.get("examples", ()))
    default = "required" if required else _code(value["default"]) if "default" in value else ""
    cells = (f"`{key}`", value["description"], _words(value), default, examples)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _words(value: Schema) -> str:
    """What values are allowed, such as "an RPM name, or a list"."""
    if "const" in value:
        return _code(value["const"])
    if "enum" in value:
        return " or ".join(_code(choice) for choice in value["enum"])
    types = value.get("type", ())
    kinds: Sequence[str] = [types] if isinstance(types, str) else types
    words = [value.get("patternErrorMessage") or WORDS["string"]] if "string" in kinds else []
    if "integer" in kinds and "maximum" in value:
        words.append(f"a whole number from {value['minimum']} to {value['maximum']}")
    else:
        words += [WORDS[kind] for kind in kinds if kind in WORDS and kind != "string"]
    words += ["a mapping"] if "object" in kinds else []
    words += ["a list"] if "array" in kinds else []
    return ", or ".join(words)


def _resolved(value: Schema, schema: Schema) -> Schema:
    """With the keywords of what $ref names, the value's own first."""
    if "$ref" not in value:
        return value
    return {**schema["$defs"][value["$ref"].removeprefix("#/$defs/")], **value}


def _code(value: object) -> str:
    """The value in YAML, on one line."""
    text = yaml.safe_dump(value, default_flow_style=True, width=1000, sort_keys=False)
    return f"`{text.removesuffix(DOCUMENT_END).strip()}`"
