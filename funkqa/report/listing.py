"""Lists of functions as text: what is missing, and what one step entered. A function is a line, however long."""

from collections.abc import Iterator

from funkqa.analysis.flags import flags
from funkqa.model.coverage import Coverage, FunctionCoverage, ImageCoverage, Ratio, State
from funkqa.model.plan import Function
from funkqa.model.recipe import Phase
from funkqa.report.facts import counted
from funkqa.report.plain import decoded, one_line, plain, spelled


def missing(coverage: Coverage) -> str:
    """The functions of the ratio that no execute step entered, by image, with where they are declared."""
    return "".join(f"{line}\n" for image in coverage.images for line in _missing(image))


def step(coverage: Coverage, number: int) -> str:
    """What step ``number`` (from 0) entered, by image, and its output as far as it is kept.

    Marked ``only``: functions that no other execute step entered.
    """
    return "".join(f"{line}\n" for line in _step(coverage, number))


def _missing(image: ImageCoverage) -> Iterator[str]:
    gaps = [each for each in image.functions if each.state in (State.MISSING, State.SKIPPED)]
    if not gaps:
        return
    yield f"\n{spelled(image.image.path)}: {image.ratio}; not entered:"
    for each in gaps:
        notes = [place] if (place := _place(each.function)) else []
        if each.incidental:
            notes.append("entered by prepare or finish only")
        if each.state is State.SKIPPED:
            reason = each.function.reason
            notes.append(f"skipped: {reason.value if reason else 'no reason is on record'}")
        yield f"  {spelled(each.function.demangled)}" + (f"  ({'; '.join(notes)})" if notes else "")


def _step(coverage: Coverage, number: int) -> Iterator[str]:
    told, (entered, alone) = coverage.steps[number], coverage.step_counts[number]
    ratio = Ratio(covered=entered, missing=max(0, coverage.ratio.total - entered))
    reason = f": {one_line(told.reason)}" if told.reason else ""
    yield f"{spelled(told.name)}: {told.outcome.value}{reason}  {ratio}, {alone} by no other step"
    yield f"{told.phase.value}, {told.duration_s:.2f} s"
    if told.phase is not Phase.EXECUTE:
        yield f"what steps of {told.phase.value} enter doesn't count"
    for index, image in enumerate(coverage.images):
        yield from _entered(image, coverage.measurement.hits.get((index, number), 0), number)
    if told.output:
        yield f"\noutput ({counted(told.output_bytes, 'byte')})"
        yield from (f"  {line}" for line in plain(decoded(told.output)).rstrip().split("\n"))


def _entered(image: ImageCoverage, hits: int, number: int) -> Iterator[str]:
    entered = flags(hits, max(hits.bit_length(), len(image.functions)))
    probed = (State.COVERED, State.MISSING)
    found = [each for each, hit in zip(image.functions, entered, strict=False) if hit and each.state in probed]
    if found:
        ratio = Ratio(covered=len(found), missing=image.ratio.total - len(found))
        yield f"\n{spelled(image.image.path)}: {ratio}"
        yield from (f"  {'only' if each.steps == (number,) else '    '}  {_located(each)}" for each in found)


def _located(each: FunctionCoverage) -> str:
    place = _place(each.function)
    return spelled(each.function.demangled) + (f"  ({place})" if place else "")


def _place(function: Function) -> str:
    return f"{spelled(function.file)}:{function.line}" if function.file and function.line else ""
