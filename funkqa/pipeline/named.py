"""What a command line names, installed packages and files of the running system, and what can be probed of it."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from funkqa.model.place import RUNNING_SYSTEM
from funkqa.model.plan import ProbePlan
from funkqa.model.recipe import Measure
from funkqa.pipeline import debugfiles, nothing, ownership, planning, skew
from funkqa.pipeline.ownership import OwnedElf


class Named(NamedTuple):
    """The plan, the ELF files of its images, and what went wrong on the way."""

    plan: ProbePlan
    elves: tuple[OwnedElf, ...]
    warnings: tuple[str, ...]


def planned(subjects: Sequence[str], undo: ExitStack) -> Named:
    """The plan of packages and, with a slash, files; they are held until ``undo`` is left.

    Raises NothingToMeasure if there is no function in any of them.
    """
    files = tuple(Path(subject) for subject in subjects if "/" in subject)
    packages = ownership.find_packages([subject for subject in subjects if "/" not in subject], files)
    elves, unmeasured = ownership.hold_elf_files(RUNNING_SYSTEM, packages, False, undo)
    debug_files = debugfiles.find(RUNNING_SYSTEM, elves, undo)
    debug_files = skew.told(debug_files, elves, RUNNING_SYSTEM)
    plan = planning.plan_probes(elves, debug_files, unmeasured, Measure())
    warnings = (*debugfiles.warnings(debug_files), *debugfiles.problems(debug_files), *plan.problems)
    if not any(image.functions or image.inlined for image in plan.images):
        raise nothing.to_list(plan)
    return Named(plan, elves, warnings)
