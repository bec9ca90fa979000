"""Which functions of a run an update changed or added, by identity and never by address."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from funkqa.analysis.compare_sides import file_name, label
from funkqa.model.change import WANTED, ChangedFunction, Changes, CodeChange
from funkqa.model.coverage import Coverage, FunctionCoverage, Ratio, State, Update, UpdatedFunction
from funkqa.model.plan import Function

Place = tuple[int, int]


def updated(coverage: Coverage, changes: Changes) -> Coverage | None:
    """The coverage with what the update changed; None if the run measured no image that the changes are of.

    Images are the same by package, architecture, and soname or path (files outside of packages by the latter two);
    functions by linkage name without clone suffix. Several of one name in an image are told apart by source file,
    line and size, and else by their order.
    """
    numbers = {key: tuple(_images(coverage, changes, *key)) for key in _keys(changes)}
    if not any(numbers.values()):
        return None
    wanted = [each for each in changes.functions if each.change in WANTED]
    wanted.sort(key=lambda each: (each.package, each.image))
    found: dict[int, UpdatedFunction] = {}
    for key, of_image in groupby(enumerate(wanted), key=lambda item: (item[1].package, item[1].image)):
        found |= _found(coverage, numbers.get(key, ()), list(of_image))
    functions = tuple(found[number] for number in sorted(found))
    counting = tuple(each for each in functions if not each.covered or each.covered.state in _COUNTING)
    return replace(
        coverage,
        update=Update(
            old=changes.old.packages or (changes.old.name,),
            new=changes.new.packages or (changes.new.name,),
            functions=counting,
            ratio=_ratio(counting),
            notes=tuple(_notes(coverage, changes)),
        ),
    )


_COUNTING = (State.COVERED, State.MISSING, State.SKIPPED)


def _keys(changes: Changes) -> set[tuple[str, str]]:
    return {(image.package, image.image) for image in changes.images if image.functions_after is not None}


def _images(coverage: Coverage, changes: Changes, package: str, name: str) -> Iterator[int]:
    archs = {each.arch for each in changes.images if (each.package, each.image) == (package, name)}
    for number, covered in enumerate(coverage.images):
        image = covered.image
        if label(image) == name and image.package in (package, package or image.package) and image.arch in archs:
            yield number


def _found(
    coverage: Coverage, images: Sequence[int], changed: Sequence[tuple[int, ChangedFunction]]
) -> dict[int, UpdatedFunction]:
    """Each changed function of an image, by its number; every function of the run is one of them at most."""
    by_name: dict[str, list[Place]] = {}
    for image in images:
        for index, each in enumerate(coverage.images[image].functions):
            for name in each.function.names:
                by_name.setdefault(name, []).append((image, index))
    taken: set[Place] = set()
    found = {}
    for number, function in changed:
        free = [place for place in by_name.get(function.linkage_name, ()) if place not in taken]
        place = min(free, key=lambda place: _differs(_at(coverage, place).function, function), default=None)
        taken |= {place} if place else set()
        found[number] = UpdatedFunction(
            package=function.package,
            image=function.image,
            name=function.name,
            new=function.change is CodeChange.ADDED,
            place=place,
            covered=_at(coverage, place) if place else None,
        )
    return found


def _at(coverage: Coverage, place: Place) -> FunctionCoverage:
    image, index = place
    return coverage.images[image].functions[index]


def _differs(function: Function, changed: ChangedFunction) -> tuple[bool, bool, bool]:
    """How little a function of the right name is the one that changed; the least is the best."""
    return (
        file_name(function.file) != file_name(changed.file),
        function.line != changed.line,
        function.size != changed.size_after,
    )


def _ratio(functions: Sequence[UpdatedFunction]) -> Ratio:
    states = [each.covered.state if each.covered else State.SKIPPED for each in functions]
    return Ratio(*(states.count(state) for state in _COUNTING))


def _notes(coverage: Coverage, changes: Changes) -> Iterator[str]:
    measured = [package.nevra for package in coverage.measurement.run.packages if package.measured]
    if changes.new.packages and not set(measured) & set(changes.new.packages):
        yield f"the run measured {', '.join(measured) or 'no package'}, which isn't the new build of the changes"
    for file in changes.uncompared:
        yield f"{file.path} wasn't compared, so that nobody knows what changed there: {file.reason}"
