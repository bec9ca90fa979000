"""The verdict on a run, and the reasons for it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from math import ceil

from funkqa.model.coverage import Expectation, Ratio, Verdict
from funkqa.model.measurement import Measurement, Outcome, ShardState, StepResult
from funkqa.model.plan import OWN_BUILD, DebugFileStatus, Image
from funkqa.model.recipe import Measure, Phase

_INCOMPLETE = {
    DebugFileStatus.UNWIND: "no debuginfo, so that functions without a dynamic symbol have no name",
    DebugFileStatus.DYNSYM_ONLY: "no debuginfo, so that static functions are missing from the inventory",
    DebugFileStatus.MISSING: "no debuginfo and no symbols, so that nothing of it can be measured",
}

_MOST_NAMED = 5
_SPACES = re.compile(r"[ \t\r\n]+")

_DNF = frozenset(("almalinux", "centos", "fedora", "rhel", "rocky"))
"""Distributions (os-release ID) whose package manager is dnf."""


def judge(
    measurement: Measurement,
    ratio: Ratio,
    expectations: Sequence[Expectation],
) -> tuple[Verdict, tuple[str, ...]]:
    """The verdict and its findings, one line each; PASSED has none."""
    nothing = nothing_measured(measurement, ratio)
    findings = tuple(in_one_line(finding) for finding in _findings(measurement, ratio, expectations))
    if nothing:
        return Verdict.NOTHING, (nothing, *findings)
    return (Verdict.FAILED if findings else Verdict.PASSED), findings


def nothing_measured(measurement: Measurement, ratio: Ratio) -> str:
    """Why there is no measurement to speak of; empty if there is one."""
    execute = [step for step in measurement.steps if step.phase is Phase.EXECUTE]
    if not measurement.images:
        names = ", ".join(package.nevra for package in measurement.run.packages)
        return (
            f"nothing was measured: no ELF file of {names or 'the packages'} can be measured; "
            "name packages that own programs or libraries"
        )
    if not ratio.covered + ratio.missing:
        return "nothing was measured: no function has a probe"
    if all(step.outcome is Outcome.SKIPPED for step in execute):
        return "nothing was measured: no execute step ran"
    if not ratio.covered:
        return f"nothing was measured: the execute steps entered none of {ratio.missing} probed functions"
    return ""


def minimum_missed(ratio: Ratio, measure: Measure) -> str:
    """How far the ratio is below the recipe's minimum; empty if it isn't."""
    if measure.minimum is None or ratio.fraction >= measure.minimum:
        return ""
    needed = ceil(measure.minimum * ratio.total)
    return f"{ratio} is below the minimum of {percentage(measure.minimum)}, which takes {needed} functions"


def too_many_skipped(ratio: Ratio, measure: Measure) -> str:
    """How much more of the plan is skipped than the recipe allows; empty if it isn't."""
    if not ratio.total or Fraction(ratio.skipped, ratio.total) <= measure.skipped:
        return ""
    return (
        f"{ratio.skipped} of {ratio.total} functions have no probe, "
        f"more than the {percentage(measure.skipped)} that the recipe allows"
    )


def without_debuginfo(image: Image, environment: Mapping[str, str]) -> str:
    """What is missing of an image's functions for want of debuginfo, and how to get it; empty if nothing is.

    ``environment`` is the run's: a ``backend`` there has already asked the repositories for it, unless
    ``debuginfo`` says that it was not to.
    """
    if image.debug not in _INCOMPLETE:
        return ""
    lack = f"{image.path}: {_INCOMPLETE[image.debug]}"
    wanted = f"'debuginfo(build-id) = {image.build_id}'"
    if not image.build_id:
        return f"{lack}; it has no build ID, so that no debuginfo can be found for it: build it with --build-id"
    if how := environment.get("debuginfo"):
        return f"{lack}; no repository was asked for {wanted}: leave --debuginfo {how} out"
    if "backend" in environment:
        package = f"{image.package}-debuginfo of exactly this build"
        by_file = environment["backend"] == "rpm"
        source = "its file with --rpm" if by_file else "a repository that has it with --repo"
        return f"{lack}; it takes {wanted} ({package}): name {source}"
    installer = "dnf" if environment.get("distri") in _DNF else "zypper"
    return f"{lack}; try: {installer} install {wanted}"


def died(measurement: Measurement) -> str:
    """Where the run died, or which of the merged runs have no whole result; empty if it came to its end."""
    if measurement.complete:
        return ""
    if measurement.shards:
        lacking = [shard for shard in measurement.shards if shard.state is not ShardState.COMPLETE]
        names = ", ".join(f"{shard.name} ({shard.state.value})" for shard in lacking[:_MOST_NAMED])
        more = f" and {len(lacking) - _MOST_NAMED} more" if len(lacking) > _MOST_NAMED else ""
        return (
            f"{len(lacking)} of {len(measurement.shards)} runs have no whole result: {names}{more}; "
            "what they would have entered is not known"
        )
    over = [step.name for step in measurement.steps if step.outcome is not Outcome.SKIPPED]
    if not over:
        return "the run died before its first step was over"
    return f"the run died after step {len(over)} ({over[-1]}): what came later is not in the result"


def said(step: StepResult) -> str:
    """How a step ended, and why."""
    return f"step {step.name}: {step.outcome.value}" + (f": {step.reason}" if step.reason else "")


def percentage(part: Fraction) -> str:
    """``60%`` of 3/5; at most three decimal places."""
    return f"{round(float(100 * part), 3):.10g}%"


def _findings(measurement: Measurement, ratio: Ratio, expectations: Sequence[Expectation]) -> Iterator[str]:
    measure = measurement.run.measure
    yield from filter(None, [died(measurement), *measurement.faults])
    environment = measurement.run.environment
    for image in measurement.images:
        if not _is_told(image, measurement.faults) and (lack := without_debuginfo(image, environment)):
            yield lack
    for step in measurement.steps:
        if not step.outcome.good:
            yield said(step)
    for expected in expectations:
        if not expected.known:
            yield f"expected function {expected.name}: no image has a function of this name"
        elif not expected.covered:
            yield f"expected function {expected.name}: no execute step entered it"
    yield from filter(None, [minimum_missed(ratio, measure), too_many_skipped(ratio, measure)])


def _is_told(image: Image, faults: Sequence[str]) -> bool:
    """Whether a fault already says which debuginfo the image lacks, and how to get it."""
    return any(f"{image.path}: " in fault and OWN_BUILD in fault for fault in faults)


def in_one_line(text: str) -> str:
    """Runs of white space become one space; other control characters stay, for reports to show."""
    return _SPACES.sub(" ", text).strip(" ")
