"""What differs between two runs: recipe, package or environment. If nothing does, another result is a flake."""

from collections.abc import Iterator, Mapping, Sequence

from funkqa.analysis.compare_sides import label, versions
from funkqa.model.comparison import Cause, Difference, StepChange, StepFate
from funkqa.model.measurement import RunRecord
from funkqa.model.plan import Image

ImagesTogether = Sequence[tuple[Image | None, Image | None]]
"""Every image before and after; None where it isn't there."""

_NO_FACTS = frozenset(("warnings",))
"""Keys of a run's environment that are no facts of the host."""

_PRESENT = "present"


def differences(
    before: RunRecord, after: RunRecord, images: ImagesTogether, steps: Sequence[StepChange]
) -> tuple[Difference, ...]:
    """In the order of recipe, package, environment."""
    return (
        *_recipe(before, after, steps),
        *_package(before, after, images),
        *_environment(before, after, images),
    )


def _recipe(before: RunRecord, after: RunRecord, steps: Sequence[StepChange]) -> Iterator[Difference]:
    if before.recipe_text == after.recipe_text and before.recipe_text:
        # Steps that differ all the same never ran, because a run died.
        return
    found = [step for step in steps if step.fate is not StepFate.SAME]
    for step in found:
        was = "" if step.fate is StepFate.ADDED else _PRESENT
        became = {StepFate.ADDED: _PRESENT, StepFate.REMOVED: "", StepFate.CHANGED: "changed"}[step.fate]
        yield Difference(Cause.RECIPE, f"step {step.name}", was, became)
    if not found and before.recipe_text != after.recipe_text:
        yield Difference(Cause.RECIPE, "text", "one", "another, with the same steps")


def _package(before: RunRecord, after: RunRecord, images: ImagesTogether) -> Iterator[Difference]:
    packages = tuple(_mappings(_versions(before, True), _versions(after, True)))
    for name, was, became in packages:
        yield Difference(Cause.PACKAGE, name, was, became)
    told = {name for name, _, _ in packages}
    for old, new in images:
        present = old or new
        if present is None or present.package in told:
            continue
        if old is None or new is None:
            there = (_PRESENT if old else "", _PRESENT if new else "")
            yield Difference(Cause.PACKAGE, f"image {label(present)}", *there)
        elif old.build_id != new.build_id:
            yield Difference(Cause.PACKAGE, f"build ID of {label(new)}", old.build_id, new.build_id)


def _environment(before: RunRecord, after: RunRecord, images: ImagesTogether) -> Iterator[Difference]:
    for name, was, became in (
        *_mappings(_facts(before), _facts(after)),
        *_mappings(_versions(before, False), _versions(after, False)),
        *_mappings({"funkqa": before.funkqa_version}, {"funkqa": after.funkqa_version}),
    ):
        yield Difference(Cause.ENVIRONMENT, name, was, became)
    for old, new in images:
        if old and new and old.debug is not new.debug:
            yield Difference(Cause.ENVIRONMENT, f"symbols of {label(new)}", old.debug.value, new.debug.value)


def _facts(run: RunRecord) -> Mapping[str, str]:
    return {key: value for key, value in run.environment.items() if key not in _NO_FACTS}


def _versions(run: RunRecord, measured: bool) -> Mapping[str, str]:
    return versions(tuple(package for package in run.packages if package.measured is measured))


def _mappings(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for key in (*after, *(key for key in before if key not in after)):
        if before.get(key, "") != after.get(key, ""):
            yield key, before.get(key, ""), after.get(key, "")
