"""What the page says without its script: figures, packages with their images, steps, skipped functions."""

import math
from collections.abc import Container, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple

from funkqa.model.coverage import Coverage, ImageCoverage, Ratio, State
from funkqa.model.measurement import MeasuredPackage, Outcome, StepResult
from funkqa.model.plan import DebugFileStatus, Image
from funkqa.report.facts import debug_note, incomplete_symbols
from funkqa.report.html.columns import image_keys
from funkqa.report.html.literal import Block, literal_lines
from funkqa.report.plain import decoded, plain
from funkqa.report.testcase import cut

_MOST_NAMES = 200


class Bar(NamedTuple):
    """Functions that count, in the order in which a bar shows them; ``incidental`` are missing as well."""

    covered: int
    incidental: int
    missing: int
    skipped: int

    @property
    def total(self) -> int:
        return sum(self)

    def parts(self) -> Iterator[tuple[str, float, float]]:
        """(state, start, width) in percent of the whole; states without a function are left out."""
        start = 0.0
        for name, count in zip(self._fields, self, strict=True):
            width = 100 * count / self.total if self.total else 0
            if count:
                yield name, round(start, 3), round(width, 3)
            start += width


class Code(NamedTuple):
    """Bytes of code of the functions that count."""

    covered: int
    total: int

    @property
    def percent(self) -> str:
        return Ratio(self.covered, self.total - self.covered).percent


class ImageRow(NamedTuple):
    image: Image
    key: str
    ratio: Ratio
    bar: Bar
    code: Code
    outside: int
    note: str


class PackageRow(NamedTuple):
    package: MeasuredPackage
    ratio: Ratio
    bar: Bar
    code: Code
    images: tuple[ImageRow, ...]


class StepRow(NamedTuple):
    """``entered`` functions, of which no other step entered ``alone``."""

    number: int
    step: StepResult
    entered: int
    alone: int
    ending: str
    script: Block
    output: Block


class SkippedRow(NamedTuple):
    """Functions of an image without a probe for one reason; ``names`` are the first of them."""

    path: str
    key: str
    reason: str
    functions: int
    names: tuple[str, ...]


def bar(ratio: Ratio, incidental: int) -> Bar:
    return Bar(ratio.covered, incidental, ratio.missing - incidental, ratio.skipped)


def packages(coverage: Coverage) -> tuple[PackageRow, ...]:
    """The measured packages first, each with its images; packages without an image as well."""
    keys = image_keys([each.image for each in coverage.images])
    gaps = {image.debug for image in incomplete_symbols(coverage)}
    known = {package.name for package in coverage.measurement.run.packages}
    rows = [_image(each, key, gaps) for each, key in zip(coverage.images, keys, strict=True)]
    strangers = dict.fromkeys(row.image.package for row in rows if row.image.package not in known)
    loose = [MeasuredPackage(name or "files of no package", name, "", True) for name in strangers]
    every = sorted([*coverage.measurement.run.packages, *loose], key=lambda package: not package.measured)
    return tuple(
        _package(package, [row for row in rows if row.image.package == package.name]) for package in every
    )


def _package(package: MeasuredPackage, rows: list[ImageRow]) -> PackageRow:
    ratio = sum((row.ratio for row in rows), Ratio())
    whole = bar(ratio, sum(row.bar.incidental for row in rows))
    return PackageRow(package, ratio, whole, code_of(rows), tuple(rows))


def code_of(rows: Iterable[ImageRow | PackageRow]) -> Code:
    """The code of several images or packages together."""
    rows = tuple(rows)
    return Code(sum(row.code.covered for row in rows), sum(row.code.total for row in rows))


def _image(each: ImageCoverage, key: str, gaps: Container[DebugFileStatus]) -> ImageRow:
    incidental = sum(function.incidental for function in each.functions)
    counted = {State.COVERED: 0, State.MISSING: 0, State.SKIPPED: 0}
    for function in each.functions:
        if function.state in counted:
            counted[function.state] += function.function.size
    code = Code(counted[State.COVERED], sum(counted.values()))
    note = debug_note(each.image) if each.image.debug in gaps else ""
    outside = each.counts.get(State.GLUE, 0) + each.counts.get(State.EXCLUDED, 0)
    return ImageRow(each.image, key, each.ratio, bar(each.ratio, incidental), code, outside, note)


def steps(coverage: Coverage) -> tuple[StepRow, ...]:
    return tuple(
        StepRow(number, step, *counts, _ending(step), literal_lines(step.script), _output(step))
        for number, (step, counts) in enumerate(zip(coverage.steps, coverage.step_counts, strict=True))
    )


def _output(step: StepResult) -> Block:
    return Block(cut(plain(decoded(step.output)).rstrip()))


def _ending(step: StepResult) -> str:
    if step.outcome is Outcome.SKIPPED:
        return "never ran"
    if step.signal is not None:
        return f"signal {step.signal}"
    return "killed" if step.exit_code is None else f"exit {step.exit_code}"


def skipped(coverage: Coverage) -> tuple[SkippedRow, ...]:
    keys = image_keys([each.image for each in coverage.images])
    return tuple(row for each, key in zip(coverage.images, keys, strict=True) for row in _skipped(each, key))


def _skipped(each: ImageCoverage, key: str) -> Iterator[SkippedRow]:
    names: dict[str, list[str]] = {}
    for function in each.functions:
        if function.state is State.SKIPPED:
            reason = function.function.reason.value if function.function.reason else "no reason is on record"
            names.setdefault(reason, []).append(function.function.demangled)
    for reason, found in names.items():
        yield SkippedRow(each.image.path, key, reason, len(found), tuple(islice(found, _MOST_NAMES)))


def moment(seconds: float) -> str:
    """``2026-05-01 12:00 UTC``; ``unknown`` for a time that no calendar has."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return "unknown"


def duration(seconds: float) -> str:
    """``0.25 s``, ``3 min 20 s``, ``2 h 05 min``."""
    if not math.isfinite(seconds) or seconds < 0:
        return "unknown"
    if seconds < 100:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
