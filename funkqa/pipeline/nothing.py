"""Why there is nothing to measure, and what to do about it."""

import shlex

from funkqa.model.errors import NothingToMeasure
from funkqa.model.plan import ProbePlan, Standing

_MOST_TOLD = 5


def to_list(plan: ProbePlan) -> NothingToMeasure:
    """For a plan without any function."""
    return NothingToMeasure("there is no function to measure", where=_files(plan), hint=_remedy(plan))


def to_probe(plan: ProbePlan, named: bool) -> NothingToMeasure:
    """For a plan without any probe. ``named``: somebody named packages or files, not only the program to run."""
    excluded = sum(each.standing is Standing.EXCLUDED for image in plan.images for each in image.functions)
    if excluded:
        return NothingToMeasure(
            f"--include and --exclude leave none of {excluded} functions",
            where=_several([image.path for image in plan.images]),
            hint=f"look for their names: funkqa functions {shlex.join(subjects(plan))}",
        )
    if not named and not plan.images:
        hint = "name the program that it starts: --elf FILE, or --package NAME"
    else:
        hint = _remedy(plan)
    return NothingToMeasure("there is no function to probe", where=_files(plan), hint=hint)


def subjects(plan: ProbePlan) -> tuple[str, ...]:
    """The packages and files of a plan, as a command line names them."""
    return tuple(dict.fromkeys(image.package or image.path for image in plan.images))


def _remedy(plan: ProbePlan) -> str:
    if plan.images:
        return "install the debuginfo of these files, or name others"
    if rpms := [file.path for file in plan.unmeasured if file.path.endswith(".rpm")]:
        return f"install the package, or unpack it and name its files: rpm2cpio {shlex.quote(rpms[0])} | cpio -idm"
    return "name programs or libraries, or packages that own some"


def _files(plan: ProbePlan) -> str:
    told = [f"{file.path}: {file.reason}" for file in plan.unmeasured] + list(plan.problems)
    told += [f"{image.path}: {len(image.functions)} symbols of functions" for image in plan.images]
    return _several(told) or "no ELF file"


def _several(told: list[str]) -> str:
    more = len(told) - _MOST_TOLD
    return "; ".join(told[:_MOST_TOLD]) + (f"; and {more} more" if more > 0 else "")
