"""What a command line names, installed packages and files of the running system, and what can be probed of it."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from funkqa.model.errors import HostUnfit
from funkqa.model.package import Package
from funkqa.model.place import RUNNING_SYSTEM
from funkqa.model.plan import ProbePlan
from funkqa.model.recipe import Measure
from funkqa.pipeline import debugfiles, nothing, ownership, planning, skew
from funkqa.pipeline.ownership import OwnedElf
from funkqa.shim.mounts import SOURCE
from funkqa.system import mount


class Named(NamedTuple):
    """The plan and the ELF files of its images; ``problems`` cost functions, ``warnings`` don't."""

    plan: ProbePlan
    elves: tuple[OwnedElf, ...]
    warnings: tuple[str, ...]
    problems: tuple[str, ...]


def packages(subjects: Sequence[str]) -> tuple[Package, ...]:
    """Installed packages and, with a slash, files, which are a package without a name."""
    files = tuple(Path(subject) for subject in subjects if "/" in subject)
    return ownership.find_packages([subject for subject in subjects if "/" not in subject], files)


def prepared(found: Sequence[Package], undo: ExitStack, measure: Measure) -> Named:
    """The plan of these packages, as they are installed; their files are held until ``undo`` is left."""
    elves, unmeasured = ownership.hold_elf_files(RUNNING_SYSTEM, found, False, undo)
    _refuse_shims(elves)
    debug_files = debugfiles.find(RUNNING_SYSTEM, elves, undo)
    debug_files = skew.told(debug_files, elves, RUNNING_SYSTEM)
    plan = planning.plan_probes(elves, debug_files, unmeasured, measure)
    return Named(
        plan,
        elves,
        tuple(debugfiles.warnings(debug_files)),
        (*debugfiles.problems(debug_files), *plan.problems),
    )


def _refuse_shims(elves: Sequence[OwnedElf]) -> None:
    """What stands in front of a program is not the program."""
    shims = {each.point for each in mount.mounts() if each.source == SOURCE}
    for elf in elves:
        if shims & {elf.path, *elf.links}:
            raise HostUnfit(
                "a session's shim stands in front of it",
                where=elf.path,
                hint="stop that session (funkqa status), or, if it died: funkqa restore",
            )


def planned(subjects: Sequence[str], undo: ExitStack) -> Named:
    """The plan of packages and files by their names.

    Raises NothingToMeasure if there is no function in any of them.
    """
    found = prepared(packages(subjects), undo, Measure())
    if not any(image.functions or image.inlined for image in found.plan.images):
        raise nothing.to_list(found.plan)
    return found
