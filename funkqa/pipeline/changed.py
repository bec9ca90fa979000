"""From two builds to what changed between them, and what of it runs executed."""

import gc
from collections.abc import Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

from funkqa.analysis import changed_pairs
from funkqa.analysis.changed import Side, Together, changes
from funkqa.analysis.changed_pairs import Pairs, Prints
from funkqa.analysis.changed_reach import Reached
from funkqa.analysis.compare_pairs import ImagePair, pair_images
from funkqa.elf.fingerprint import DECODED, fingerprints
from funkqa.model.change import Build, Changes, Compared
from funkqa.model.comparison import Named
from funkqa.model.errors import NothingToMeasure, UsageError
from funkqa.model.plan import Image, Unmeasured
from funkqa.pipeline import build_files, build_symbols
from funkqa.pipeline.build_files import BuildFiles
from funkqa.pipeline.build_symbols import Coded
from funkqa.store.reader import read_result


def find_changes(
    old: str,
    new: str,
    *,
    packages: Sequence[str] = (),
    repositories: Sequence[Path] = (),
    results: Sequence[Path] = (),
    minimum: Fraction | None = None,
) -> Changes:
    """What the build ``new`` changed; see ``build_files.find`` for what names a build.

    ``results`` are result files of runs of the new build. Raises UsageError if they are of others,
    NothingToMeasure if there is nothing to compare.
    """
    reached = Reached([Named(str(path), read_result(path)) for path in results]) if results else None
    with ExitStack() as undo:
        if gc.isenabled():  # it takes a fifth of the time, among millions of values without a cycle
            gc.disable()
            undo.callback(gc.enable)
        old_files, new_files = (build_files.find(subject, packages, undo) for subject in (old, new))
        notes: list[str] = []
        if Path(old).is_dir() and Path(new).is_dir():
            old_files, new_files, notes = _in_both(old_files, new_files)
        before, after = (build_symbols.read(each, repositories, undo) for each in (old_files, new_files))
        if reached:
            _refuse_other_builds(reached, [each.image for each in after], new)
        together, uncompared = [], [*old_files.refused, *new_files.refused]
        for pair in _image_pairs(before, after):
            sides = [
                None if number is None else build[number]
                for number, build in ((pair.before, before), (pair.after, after))
            ]
            lacking = [
                Unmeasured(side.image.package, side.image.path, f"{name} build: {side.lacking}")
                for side, name in zip(sides, ("old", "new"), strict=True)
                if side and side.lacking
            ]
            uncompared += lacking
            if not lacking:
                together.append(_together(*sides))
        if not together:
            raise _nothing(old, new, uncompared)
        builds = (Build(old, _names(old_files)), Build(new, _names(new_files)))
        return changes(*builds, together, tuple(dict.fromkeys(uncompared)), notes, reached, minimum)


def _refuse_other_builds(reached: Reached, images: Sequence[Image], new: str) -> None:
    other = [image.path for image in images if reached.knows_another(image)]
    if other or not any(map(reached.knows, images)):
        raise UsageError(
            f"it measured another build{f' of {other[0]}' if other else ''}: its ELF files have other build IDs",
            where=", ".join(reached.names),
            hint=f"measure what the update brings: {new}",
        )


def _in_both(old: BuildFiles, new: BuildFiles) -> tuple[BuildFiles, BuildFiles, list[str]]:
    """What two folders have in common, and notes of what only one has."""
    there = [{(each.name, each.arch) for each in build.packages} for build in (old, new)]
    both = there[0] & there[1]
    if not both:
        raise UsageError(
            "the two folders have no package in common", hint="name folders with builds of one package"
        )
    notes = [
        f"not compared, because only the {side} folder has it: {name}.{arch}"
        for side, known in zip(("old", "new"), there, strict=True)
        for name, arch in sorted(known - both)
    ]
    kept = [
        BuildFiles(
            tuple(each for each in build.packages if (each.name, each.arch) in both),
            tuple(each for each in build.files if (each.package.name, each.package.arch) in both),
            tuple(each for each in build.refused if each.package in {name for name, _ in both}),
        )
        for build in (old, new)
    ]
    return kept[0], kept[1], notes


def _names(build: BuildFiles) -> tuple[str, ...]:
    return tuple(map(str, build.packages))


def _image_pairs(before: Sequence[Coded], after: Sequence[Coded]) -> tuple[ImagePair, ...]:
    """A single file is compared with a single file, whatever they are called."""
    if len(before) == len(after) == 1:
        return (ImagePair(0, 0),)
    return pair_images([each.image for each in before], [each.image for each in after])


def _together(before: Coded | None, after: Coded | None) -> Together:
    """An image of both builds with its fingerprints; of one that is in one build only nothing is to be decoded."""
    if before is None or after is None:
        pairs = Pairs((-1,) * len(after.image.functions) if after else (), frozenset())
        return Together(_side(before, {}), _side(after, {}), pairs, _compared(before or after))
    pairs = changed_pairs.pair(before.image.functions, after.image.functions)
    old, new = _prints(before, after, pairs)
    better = changed_pairs.improved(pairs, before.image.functions, after.image.functions, old, new)
    if better.renamed != pairs.renamed:
        # Names of functions that are called are part of the fingerprints of their callers.
        old, new = _prints(before, after, better)
    return Together(_side(before, old), _side(after, new), better, _compared(after))


def _prints(before: Coded, after: Coded, pairs: Pairs) -> tuple[Prints, Prints]:
    names = changed_pairs.identities(before.image.functions, after.image.functions, pairs)
    old, new = (
        fingerprints(each.contents, each.bodies, of_each, each.machine)
        for each, of_each in zip((before, after), names, strict=True)
    )
    return old, new


def _side(coded: Coded | None, prints: Prints) -> Side | None:
    return Side(coded.image, prints) if coded else None


def _compared(coded: Coded | None) -> Compared:
    return Compared.DECODED if coded and coded.machine == DECODED else Compared.BYTES


def _nothing(old: str, new: str, uncompared: Sequence[Unmeasured]) -> NothingToMeasure:
    reasons = "; ".join(dict.fromkeys(f"{file.path}: {file.reason}" for file in uncompared))
    return NothingToMeasure(
        f"there is nothing to compare{f': {reasons}' if reasons else ', for no ELF file has code'}",
        where=f"{old}, {new}",
        hint="put the -debuginfo packages beside the packages, or name their folder: --repo DIR",
    )
