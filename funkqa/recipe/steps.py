"""Names of steps: given, or made of the phase and the position; unique over the recipe."""

from collections.abc import Iterator, Mapping

from funkqa.model.recipe import Phase
from funkqa.recipe.source import Finding, KeyPath, Place, dotted


def listed(value: object) -> list[object]:
    """A single value stands for a list of one; nothing for an empty list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def default_name(phase: Phase, index: int) -> str:
    """``execute-1`` for the first item (index 0) of ``execute``."""
    return f"{phase.value}-{index + 1}"


def name_findings(recipe: object, places: Mapping[KeyPath, Place]) -> Iterator[Finding]:
    """Names that stand for two steps; the second is at fault, or the one that was given rather than made.

    Names that differ in white space only look the same in every report.
    """
    first: dict[str, tuple[KeyPath, bool]] = {}
    for keys, name, given in _named(recipe):
        shown = " ".join(name.split())
        if shown not in first:
            first[shown] = (keys, given)
            continue
        other, other_given = first[shown]
        at, taken_by = (keys, other) if given or not other_given else (other, keys)
        line = places[taken_by].line
        message = f"{shown!r} is already the name of another step, `{dotted(taken_by)}` on line {line}"
        yield Finding(at, message, "give each step of the recipe a name of its own")


def _named(recipe: object) -> Iterator[tuple[KeyPath, str, bool]]:
    if not isinstance(recipe, dict):
        return
    for phase in Phase:
        value = recipe.get(phase.value)
        for index, item in enumerate(listed(value)):
            keys: KeyPath = (phase.value, index) if isinstance(value, list) else (phase.value,)
            if isinstance(item, dict) and isinstance(item.get("name"), str):
                yield (*keys, "name"), item["name"], True
            elif isinstance(item, str | dict):
                yield keys, default_name(phase, index), False
