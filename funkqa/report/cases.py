"""A run as a handful of test cases: one per stage, step, image and expected function, never one per function."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from funkqa.analysis.verdict import died, minimum_missed, too_many_skipped, without_debuginfo
from funkqa.model.coverage import Coverage, Expectation, ImageCoverage, Ratio, State, Update, Verdict
from funkqa.model.measurement import Outcome, StepResult
from funkqa.model.recipe import Phase
from funkqa.report.facts import (
    debug_note,
    incomplete_symbols,
    measured_programs,
    never_run,
    never_run_title,
    not_measured_programs,
    only_inlined,
    outside,
    recorded,
    skip_reasons,
    without_coverage,
)
from funkqa.report.plain import decoded, one_line, plain, printable_ascii, spelled, uncoloured
from funkqa.report.testcase import Case, Status, cut, distinct, folded
from funkqa.report.update import builds, change, ranked, remark

_MOST_CASES = 60
_LISTED = 100


def cases(coverage: Coverage) -> tuple[Case, ...]:
    """Five to sixty cases; one of them fails exactly if the verdict isn't PASSED.

    Names are printable ASCII and distinct; texts are plain and at most 16 kB.
    """
    stages = [_install(coverage), _debuginfo(coverage), _instrument(coverage)]
    stages += [_update(coverage, coverage.update)] if coverage.update else []
    groups = [
        [_run(coverage, index) for index in range(len(coverage.steps))] or [_no_step()],
        [_image(coverage, image) for image in coverage.images if image.ratio.total],
        [_expect(expected) for expected in coverage.expectations],
    ]
    before = [*stages, *chain.from_iterable(folded(groups, _MOST_CASES - len(stages) - 1))]
    every = [*before, _total(coverage, any(case.status is Status.FAILURE for case in before))]
    names = distinct([printable_ascii(case.name) for case in every])
    return tuple(
        Case(name, case.status, cut(plain(case.text).strip()), case.time_s)
        for name, case in zip(names, every, strict=True)
    )


def _install(coverage: Coverage) -> Case:
    packages = coverage.measurement.run.packages
    measured = sum(package.measured for package in packages)
    lines = [f"{spelled(p.nevra)}{'' if p.measured else ' (not measured)'}" for p in packages]
    facts = [f"{key}: {one_line(value)}" for key, value in sorted(coverage.measurement.run.environment.items())]
    return _case(
        "install",
        _nothing(coverage) and not measured,
        f"{measured}/{len(packages)} packages measured",
        lines,
        facts,
    )


def _debuginfo(coverage: Coverage) -> Case:
    gaps = incomplete_symbols(coverage)
    number = f"{len(coverage.images) - len(gaps)}/{len(coverage.images)} images with all symbols"
    without = not any(image.functions for image in coverage.images)
    notes = [f"{spelled(image.path)}: {debug_note(image)}" for image in gaps]
    environment = coverage.measurement.run.environment
    problems = [one_line(finding) for image in gaps if (finding := without_debuginfo(image, environment))]
    return _case("debuginfo", problems or (_nothing(coverage) and without), number, problems, notes)


def _instrument(coverage: Coverage) -> Case:
    ratio, run = coverage.ratio, coverage.measurement
    probed = Ratio(covered=ratio.covered + ratio.missing, skipped=ratio.skipped)
    problems = [*filter(None, [too_many_skipped(ratio, run.run.measure)]), *map(one_line, run.faults)]
    counts = [f"{count} skipped: {reason}" for reason, count in skip_reasons(coverage).most_common()]
    beside = {state.value: outside(coverage, state) for state in (State.GLUE, State.EXCLUDED)}
    beside["only inlined"] = only_inlined(coverage)
    counts += [f"{count} outside the ratio: {state}" for state, count in beside.items() if count]
    files = [f"not measured: {path}: {reason}" for path, reason in without_coverage(coverage)]
    return _case("instrument", problems or not probed.covered, f"{probed} have a probe", problems, counts, files)


def _update(coverage: Coverage, update: Update) -> Case:
    """Never a failure: the gate is that of `funkqa changed --minimum-changed`."""
    ratio = update.ratio
    number = f"{ratio.covered}/{ratio.total} changed and new functions executed {ratio.percent}"
    lines = [f"{change(each)}: {spelled(each.name)} ({remark(coverage, each)})" for each in ranked(update)]
    return _case(
        "changed", False, number, [builds(update), *map(one_line, update.notes)], _listed("functions", lines)
    )


def _run(coverage: Coverage, index: int) -> Case:
    step, (entered, alone) = coverage.steps[index], coverage.step_counts[index]
    ratio = Ratio(covered=entered, missing=max(0, coverage.ratio.total - entered))
    others = "execute step" if step.phase is Phase.EXECUTE else f"step ({step.phase.value} doesn't count)"
    facts = [f"{alone} entered by no other {others}", _ending(step)]
    lines = [*facts, "", *_output(step)]
    if step.outcome is Outcome.SKIPPED:
        return Case(f"run: {step.name}", Status.SKIPPED, "\n".join([f"{ratio}", *lines]))
    return _case(f"run: {step.name}", not step.outcome.good, f"{ratio}", lines, time_s=step.duration_s)


def _ending(step: StepResult) -> str:
    reason = f": {one_line(step.reason)}" if step.reason else ""
    ending = f", signal {step.signal}" if step.signal is not None else ""
    ending = f", exit code {step.exit_code}" if step.exit_code is not None else ending
    return f"{step.outcome.value}{reason} ({step.duration_s:.2f} s{ending})"


def _output(step: StepResult) -> Iterator[str]:
    if step.output:
        yield f"output ({step.output_bytes} bytes):"
        yield uncoloured(decoded(step.output))


def _no_step() -> Case:
    return _case("run: nothing", True, "0/0 steps", ["the recipe ran no step"])


def _image(coverage: Coverage, image: ImageCoverage) -> Case:
    elf = image.image
    lines = [f"{spelled(elf.path)} of {spelled(elf.package)}, build ID {elf.build_id}"]
    for state in (State.MISSING, State.SKIPPED):
        names = [spelled(each.function.demangled) for each in image.functions if each.state is state]
        lines += _listed(state.value, names)
    return _case(f"coverage: {elf.soname or elf.path}", _nothing(coverage), f"{image.ratio}", lines)


def _listed(what: str, names: Sequence[str]) -> Iterator[str]:
    if names:
        yield from ("", f"{len(names)} {what}:", *names[:_LISTED])
    if len(names) > _LISTED:
        yield f"and {len(names) - _LISTED} more"


def _expect(expected: Expectation) -> Case:
    ratio = Ratio(covered=int(expected.covered), missing=int(not expected.covered))
    line = "it ran" if expected.covered else "no execute step entered it"
    if not expected.known:
        line = "no image has a function of this name"
    return _case(f"expect: {expected.name}", not expected.covered, f"{ratio}", [spelled(expected.name), line])


def _total(coverage: Coverage, failed_before: bool) -> Case:
    """Fails for what concerns the whole, and for any reason that no other case has told."""
    measurement = coverage.measurement
    own = _nothing(coverage) or died(measurement) or minimum_missed(coverage.ratio, measurement.run.measure)
    untold = coverage.verdict is not Verdict.PASSED and not failed_before
    lines = [f"verdict: {coverage.verdict.value}", *map(one_line, coverage.findings)]
    if coverage.incidental:
        lines.append(f"{coverage.incidental} entered only by steps of prepare or finish (incidental)")
    lines += _listed(never_run_title(coverage), [spelled(each.image.path) for each in never_run(coverage)])
    if sentence := recorded(coverage):
        lines += ("", f"programs started: {sentence}")
    lines += _listed("programs started", [*map(str, measured_programs(coverage))])
    lines += _listed("programs exercised but not measured", [*map(str, not_measured_programs(coverage))])
    return _case("coverage: total", own or untold, f"{coverage.ratio}", lines)


def _nothing(coverage: Coverage) -> bool:
    return coverage.verdict is Verdict.NOTHING


def _case(name: str, failed: object, number: str, *paragraphs: Iterable[str], time_s: float = 0.0) -> Case:
    texts: Sequence[str] = ["\n".join(paragraph) for paragraph in paragraphs]
    return Case(
        name,
        Status.FAILURE if failed else Status.SUCCESS,
        "\n".join([number, *filter(None, texts)]),
        time_s,
    )
