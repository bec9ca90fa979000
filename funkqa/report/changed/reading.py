"""The JSON of changes, read again; it may come from anywhere."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

from funkqa.model.change import (
    Build,
    ChangedFunction,
    ChangedImage,
    Changes,
    CodeChange,
    Compared,
    Reach,
)
from funkqa.model.coverage import Ratio
from funkqa.model.errors import UsageError
from funkqa.model.plan import DebugFileStatus, Unmeasured
from funkqa.report.changed.jsonreport import SCHEMA
from funkqa.report.jsonreport import Json
from funkqa.report.plain import one_line

_HINT = "make one: funkqa changed OLD NEW --report json=CHANGES.json"


def parsed(content: bytes, where: str) -> Changes:
    """What ``funkqa changed --report json=`` has written; ``where`` names it. Raises UsageError for all else."""
    try:
        document = json.loads(content, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"this is no JSON: {one_line(str(error))}", where=where, hint=_HINT) from error
    kind = document.get("schema") if isinstance(document, dict) else None
    if kind != SCHEMA:
        said = f"it is {one_line(kind)}" if isinstance(kind, str) else "it has no schema"
        raise UsageError(f"this is no list of changes ({SCHEMA}): {said}", where=where, hint=_HINT)
    if problem := _problem(document):
        raise UsageError(f"this list of changes is damaged: {problem}", where=where, hint=_HINT)
    return _changes(document)


def _refused(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def _problem(document: Json) -> str:
    # jsonschema takes longer to import than most reports take to be written.
    from jsonschema import Draft202012Validator

    schema = json.loads(Path(__file__).with_name("changed.schema.json").read_text("utf-8"))
    error = next(Draft202012Validator(schema).iter_errors(document), None)
    return one_line(f"{error.json_path}: {error.message}")[:300] if error else ""


def _changes(document: Json) -> Changes:
    minimum = document["minimum"]
    return Changes(
        old=_build(document["old"]),
        new=_build(document["new"]),
        images=tuple(map(_image, document["images"])),
        functions=tuple(map(_function, document["functions"])),
        uncompared=tuple(Unmeasured(**file) for file in document["uncompared"]),
        notes=tuple(document["notes"]),
        results=tuple(document["results"]),
        ratio=_ratio(document["ratio"]),
        minimum=None if minimum is None else Fraction(repr(minimum)),
        findings=tuple(document["findings"]),
    )


def _build(build: Json) -> Build:
    return Build(build["name"], tuple(build["packages"]))


def _ratio(ratio: Json | None) -> Ratio | None:
    return None if ratio is None else Ratio(ratio["covered"], ratio["missing"], ratio["skipped"])


def _image(image: Json) -> ChangedImage:
    values: dict[str, Any] = {
        **image,
        "compared": Compared(image["compared"]),
        "debug": DebugFileStatus(image["debug"]),
        "counts": {change: image["counts"][change.value] for change in CodeChange},
        "ratio": _ratio(image["ratio"]),
    }
    return ChangedImage(**values)


def _function(function: Json) -> ChangedFunction:
    values: dict[str, Any] = {
        **function,
        "change": CodeChange(function["change"]),
        "reach": Reach(function["reach"]) if function["reach"] else None,
        "steps": tuple(function["steps"]),
    }
    return ChangedFunction(**values)
