"""What several reports say of a coverage in the same words."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from funkqa.model.coverage import Coverage, ImageCoverage, State
from funkqa.model.plan import DebugFileStatus, Image, ImageRole
from funkqa.report.plain import one_line, spelled

_DEBUG_NOTES = {
    DebugFileStatus.WANT_SUPPLEMENTARY: "its build's dwz file isn't there, so that declarations are missing",
    DebugFileStatus.MINIDEBUGINFO: "no debug file but minidebuginfo, so that declarations are missing",
    DebugFileStatus.UNWIND: "no debug file and no .symtab, so that functions without a dynamic symbol have no "
    "name and parts of functions may be among them",
    DebugFileStatus.DYNSYM_ONLY: "no debug file and no .symtab, so that static functions are missing",
    DebugFileStatus.MISSING: "no symbols at all",
}

STARTED = (ImageRole.PROGRAM, ImageRole.HELPER)
"""Roles of images that are started, unlike libraries and plugins."""


def skip_reasons(coverage: Coverage | ImageCoverage) -> Counter[str]:
    """How many functions are skipped for each reason."""
    images = coverage.images if isinstance(coverage, Coverage) else (coverage,)
    return Counter(
        function.function.reason.value if function.function.reason else "no reason is on record"
        for image in images
        for function in image.functions
        if function.state is State.SKIPPED
    )


def outside(coverage: Coverage, state: State) -> int:
    """Functions that stand outside the ratio in this state."""
    return sum(image.counts.get(state, 0) for image in coverage.images)


def incomplete_symbols(coverage: Coverage) -> tuple[Image, ...]:
    """Images whose inventory of functions is known to have gaps."""
    return tuple(image.image for image in coverage.images if image.image.debug in _DEBUG_NOTES)


def debug_note(image: Image) -> str:
    """What is lost for want of an image's debug file, and the package that has it."""
    wanted = f" (debug package: {spelled(image.debug_package)})" if image.debug_package else ""
    return _DEBUG_NOTES.get(image.debug, "all symbols") + wanted


def without_coverage(coverage: Coverage) -> Iterator[tuple[str, str]]:
    """Files of the packages for which there is no ratio, and why."""
    for image in coverage.images:
        if not image.ratio.total:
            yield spelled(image.image.path), _no_functions(image)
    for file in coverage.measurement.unmeasured:
        yield spelled(file.path), one_line(file.reason)


def _no_functions(image: ImageCoverage) -> str:
    if not image.functions:
        return "it has no functions"
    beside = [f"{count} {state.value}" for state, count in image.counts.items() if count]
    return f"no function of it counts ({', '.join(beside)})"


class Program(NamedTuple):
    """A program that was started; ``package`` is empty if no package owns it."""

    path: str
    package: str
    starts: int

    def __str__(self) -> str:
        owner = f" of {spelled(self.package)}" if self.package else ""
        return f"{spelled(self.path)}{owner}: {counted(self.starts, 'start')}"


def measured_programs(coverage: Coverage) -> tuple[Program, ...]:
    """Programs of the packages that were started, those started most often first."""
    return _programs(coverage, measured=True)


def not_measured_programs(coverage: Coverage) -> tuple[Program, ...]:
    """Programs that were exercised but not measured, those started most often first."""
    return _programs(coverage, measured=False)


def _programs(coverage: Coverage, measured: bool) -> tuple[Program, ...]:
    executions = coverage.measurement.executions
    starts = Counter((each.path, each.package) for each in executions if each.measured is measured)
    ranked = sorted(starts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Program(path, package, count) for (path, package), count in ranked)


def lost_executions(coverage: Coverage) -> int:
    """Programs that were started without a record, because there were too many at once."""
    return int(coverage.measurement.statistics.get("executions_lost", 0))


def recorded(coverage: Coverage) -> str:
    """``5,000 starts of 12 programs``, and how many have no record; empty if nothing is known."""
    executions, lost = coverage.measurement.executions, lost_executions(coverage)
    if not executions:
        return f"{counted(lost, 'start')} without a record, too many at once" if lost else ""
    programs = len({each.path for each in executions})
    unrecorded = f"; {counted(lost, 'more start')} without a record, too many at once" if lost else ""
    return f"{counted(len(executions), 'start')} of {counted(programs, 'program')}{unrecorded}"


def never_run(coverage: Coverage) -> tuple[ImageCoverage, ...]:
    """Programs of the packages that nobody started and of which no function was entered.

    If the run has no record of executions, those with functions of which none was entered.
    """
    started = {each.path for each in coverage.measurement.executions}
    programs = [each for each in coverage.images if each.image.role in STARTED and not entered(each)]
    if not started:
        return tuple(each for each in programs if each.ratio.total)
    return tuple(each for each in programs if started.isdisjoint((each.image.path, *each.image.links)))


def never_run_title(coverage: Coverage) -> str:
    """What the programs of ``never_run`` are, and by what that is judged."""
    if coverage.measurement.executions:
        return "programs never started"
    return "programs of which no function was entered (there is no record of what was started)"


def entered(image: ImageCoverage) -> bool:
    """Whether a step of any phase entered a function of it."""
    return any(function.state is State.COVERED or function.incidental for function in image.functions)


def only_inlined(coverage: Coverage) -> int:
    """Functions that exist only inlined, which stand outside the ratio."""
    return sum(len(image.image.inlined) for image in coverage.images)


def counted(count: int, thing: str) -> str:
    """``1 start``, ``2,000 starts``."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def tracing_cost(coverage: Coverage) -> Iterator[str]:
    """What the tracing cost the traced programs, in sentences; none if nothing was traced."""
    figures = coverage.measurement.statistics
    if "traps_in_scope" not in figures:
        return
    yield (
        f"{figures['traps_in_scope']:,.0f} traps took {figures['trap_time_s']:.2f} s; "
        f"{figures['retirement_rounds']:.0f} rounds of retirement saved about "
        f"{figures['retirement_saved_estimate_s']:.1f} s"
    )
    if figures["traps_out_of_scope"]:
        yield (
            f"{figures['traps_out_of_scope']:,.0f} traps of programs outside the scope took "
            f"{figures['trap_time_out_of_scope_s']:.2f} s and count for nothing"
        )
