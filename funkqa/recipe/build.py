"""A checked value -> Recipe. Nothing here can fail: the schema has refused what doesn't fit."""

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from funkqa.model.recipe import Measure, Network, Phase, Recipe, Respect, Step
from funkqa.recipe.source import KeyPath, Source
from funkqa.recipe.steps import default_name, listed

_SECONDS = {"h": 3600, "m": 60, "s": 1}


def build_recipe(source: Source, text: str) -> Recipe:
    """``source`` must be without faults and findings."""
    value = source.value
    assert isinstance(value, dict)
    also = listed(value.get("also"))
    return Recipe(
        name=source.path.stem,
        path=source.path,
        text=text,
        summary=value["summary"].strip(),
        component=_texts(value["component"]),
        also=tuple(item for item in also if isinstance(item, str)),
        also_source=any(isinstance(item, dict) for item in also),
        require=_texts(value.get("require")),
        environment=_environment(source, value, ()),
        services=_texts(value.get("services")),
        network=Network(value.get("network", Network.PRIVATE.value)),
        steps=tuple(step for phase in Phase for step in _steps(source, value, phase)),
        measure=_measure(value.get("measure", {})),
        description=value.get("description", ""),
        enabled=value.get("enabled", True),
    )


def seconds(duration: str | float) -> float:
    """``1h30m`` is 5400.0; a number is seconds already."""
    if not isinstance(duration, str):
        return float(duration)
    return float(sum(int(count) * _SECONDS[unit] for count, unit in re.findall(r"([0-9]+)([hms])", duration)))


def fraction(amount: str) -> Fraction:
    """``60%`` is 3/5, ``1.0pp`` is 1/100, exactly."""
    return Fraction(amount.rstrip("%p")) / 100


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(item) for item in listed(value))


def _steps(source: Source, recipe: Mapping[str, Any], phase: Phase) -> list[Step]:
    steps = []
    for index, item in enumerate(listed(recipe.get(phase.value))):
        name = default_name(phase, index)
        if isinstance(item, dict):
            steps.append(_step(source, item, phase, name, (phase.value, index)))
        else:
            steps.append(Step(name=name, script=str(item), phase=phase))
    return steps


def _step(source: Source, item: Mapping[str, Any], phase: Phase, name: str, keys: KeyPath) -> Step:
    given: dict[str, Any] = {key: item[key] for key in ("name", "user", "stdin") if key in item}
    if "exit" in item:
        given["exit"] = int(item["exit"])
    if "result" in item:
        given["result"] = Respect(item["result"])
    if "duration" in item:
        given["duration_s"] = seconds(item["duration"])
    environment = _environment(source, item, keys)
    return Step(**{"name": name, **given}, script=item["script"], phase=phase, environment=environment)


def _environment(source: Source, holder: Mapping[str, Any], keys: KeyPath) -> dict[str, str]:
    """Values as they are spelled: ``1.10`` stays ``1.10``."""
    return {
        name: value if isinstance(value, str) else source.places[(*keys, "environment", name)].spelling
        for name, value in holder.get("environment", {}).items()
    }


def _measure(value: Mapping[str, Any]) -> Measure:
    lists = {key: _texts(value.get(key)) for key in ("include", "exclude", "expect")}
    limits = {key: fraction(value[key]) for key in ("minimum", "tolerance", "skipped") if key in value}
    return Measure(**lists, **limits)  # type: ignore[arg-type]
