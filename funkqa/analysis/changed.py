"""From pairs of functions and their fingerprints to what an update changed."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from funkqa.analysis.changed_pairs import LEAST_BYTES, Pairs, Prints
from funkqa.analysis.changed_reach import Reached
from funkqa.analysis.compare_sides import file_name, label
from funkqa.model.change import (
    WANTED,
    Build,
    ChangedFunction,
    ChangedImage,
    Changes,
    CodeChange,
    Compared,
    Reach,
)
from funkqa.model.coverage import Ratio
from funkqa.model.plan import Function, Image, Standing, Unmeasured

NOBODY = Reached(())


class Side(NamedTuple):
    """An image of one build and the fingerprints of its functions."""

    image: Image
    prints: Prints


class Together(NamedTuple):
    """An image before and after (None where it isn't there), and which function is which."""

    before: Side | None
    after: Side | None
    pairs: Pairs
    compared: Compared


def changes(
    old: Build,
    new: Build,
    together: Sequence[Together],
    uncompared: Sequence[Unmeasured],
    notes: Sequence[str] = (),
    reached: Reached | None = None,
    minimum: Fraction | None = None,
) -> Changes:
    """Everything that changed, in the order of the new images; ``reached`` is what runs executed."""
    found = [list(_functions(each, reached or NOBODY)) for each in together]
    _match_across_images(together, found)
    ratio = _ratio(each for of_image in found for each in of_image) if reached else None
    images = tuple(
        _image(each, functions, reached is not None) for each, functions in zip(together, found, strict=True)
    )
    return Changes(
        old=old,
        new=new,
        images=images,
        functions=tuple(each.function for of_image in found for each in of_image),
        uncompared=tuple(uncompared),
        notes=tuple(notes),
        results=reached.names if reached else (),
        ratio=ratio,
        minimum=minimum,
        findings=tuple(_findings(ratio, minimum, uncompared)),
    )


class _Found(NamedTuple):
    """A changed function and its fingerprint."""

    function: ChangedFunction
    code: bytes | None


def _functions(together: Together, reached: Reached) -> Iterator[_Found]:
    before, after, pairs, _ = together
    if after is not None:
        for number, (function, place) in enumerate(zip(after.image.functions, pairs.places, strict=True)):
            if function.standing is Standing.GLUE:
                continue
            was = before.image.functions[place] if before and place >= 0 else None
            code = after.prints.get(number)
            moved_from = _moved_from(function, was, number in pairs.renamed) if was else ""
            if was is None:
                change = CodeChange.ADDED
            elif before and before.prints.get(place) != code:
                change = CodeChange.CHANGED
            elif moved_from:
                change = CodeChange.MOVED
            else:
                continue
            made = _changed(change, after.image, function, was.size if was else 0, function.size, moved_from)
            reach, steps = reached.of(after.image, function)
            yield _Found(replace(made, reach=reach, steps=steps), code)
    if before is not None:
        for place in pairs.removed(before.image.functions):
            function = before.image.functions[place]
            if function.standing is not Standing.GLUE:
                made = _changed(CodeChange.REMOVED, before.image, function, function.size, 0, "")
                yield _Found(made, before.prints.get(place))


def _moved_from(function: Function, was: Function, renamed: bool) -> str:
    if renamed:
        return was.demangled
    here, there = file_name(function.file), file_name(was.file)
    return was.file if here and there and here != there else ""


def _changed(
    change: CodeChange, image: Image, function: Function, before: int, after: int, moved_from: str
) -> ChangedFunction:
    return ChangedFunction(
        change=change,
        package=image.package,
        image=label(image),
        name=function.demangled,
        linkage_name=function.name,
        file=function.file,
        line=function.line,
        size_before=before,
        size_after=after,
        moved_from=moved_from,
    )


def _match_across_images(together: Sequence[Together], found: list[list[_Found]]) -> None:
    """What is gone from one image and new in another, by name and code, has moved.

    Of an image that only one build has no code is known, so that nothing has moved from or to there.
    """
    gone: dict[tuple[str, bytes | None], list[tuple[int, _Found]]] = {}
    for number, of_image in enumerate(found):
        for each in of_image:
            large = each.function.size_before >= LEAST_BYTES
            if each.function.change is CodeChange.REMOVED and large and each.code is not None:
                gone.setdefault((each.function.linkage_name, each.code), []).append((number, each))
    for number, of_image in enumerate(found):
        for index, each in enumerate(of_image):
            if each.function.change is not CodeChange.ADDED:
                continue
            candidates = gone.get((each.function.linkage_name, each.code), [])
            if len(candidates) == 1 and candidates[0][0] != number:
                ((source, was),) = candidates
                moved = replace(
                    each.function,
                    change=CodeChange.MOVED,
                    size_before=was.function.size_before,
                    moved_from=was.function.image,
                )
                of_image[index] = each._replace(function=moved)
                found[source].remove(was)
                candidates.clear()


def _image(together: Together, found: Sequence[_Found], asked: bool) -> ChangedImage:
    before, after = together.before, together.after
    side = after or before
    assert side is not None
    counts = dict.fromkeys(CodeChange, 0)
    for each in found:
        counts[each.function.change] += 1
    moved = before and after and label(before.image) != label(after.image)
    return ChangedImage(
        package=side.image.package,
        image=label(side.image),
        arch=side.image.arch,
        compared=together.compared,
        functions_before=_counted(before),
        functions_after=_counted(after),
        debug=side.image.debug,
        counts=counts,
        ratio=_ratio(iter(found)) if asked else None,
        moved_from=label(before.image) if before and moved else "",
    )


def _counted(side: Side | None) -> int | None:
    if side is None:
        return None
    return sum(function.standing is not Standing.GLUE for function in side.image.functions)


def _ratio(found: Iterator[_Found]) -> Ratio:
    """Of what is wanted; a function that no run measured counts like one without a probe."""
    counts = dict.fromkeys(Reach, 0)
    for each in found:
        if each.function.change in WANTED and each.function.reach is not None:
            counts[each.function.reach] += 1
    skipped = counts[Reach.SKIPPED] + counts[Reach.UNMEASURED]
    return Ratio(counts[Reach.COVERED], counts[Reach.MISSING], skipped)


def _findings(ratio: Ratio | None, minimum: Fraction | None, uncompared: Sequence[Unmeasured]) -> Iterator[str]:
    if ratio is None or minimum is None:
        return
    if ratio.total and ratio.fraction < minimum:
        yield (
            f"{ratio.covered:,} of {ratio.total:,} changed and new functions were executed, {ratio.percent}, "
            f"less than the minimum of {float(100 * minimum):g}%"
        )
    for file in uncompared:
        yield f"{file.path} can't be compared, so that nobody knows what changed there: {file.reason}"
