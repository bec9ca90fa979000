"""Coverage from a measurement: which functions the execute steps entered.

Hits are bitmaps (Python integers) per image and step, so that all counting is arithmetic on whole bitmaps; the
functions themselves are walked once.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import compress
from typing import NamedTuple

from funkqa.analysis.expectations import expectations
from funkqa.analysis.flags import bitmap, flags
from funkqa.analysis.verdict import judge
from funkqa.model.coverage import Coverage, FunctionCoverage, ImageCoverage, Ratio, State
from funkqa.model.measurement import Measurement
from funkqa.model.plan import Function, Image, Standing
from funkqa.model.recipe import Phase

_STATES = {
    Standing.SKIPPED: State.SKIPPED,
    Standing.GLUE: State.GLUE,
    Standing.EXCLUDED: State.EXCLUDED,
}


class _ImageHits(NamedTuple):
    """The hits of one image, one bitmap per step, of functions that have a probe and no others."""

    execute: dict[int, int]
    aside: dict[int, int]


def cover(measurement: Measurement) -> Coverage:
    """What follows from a measurement; the same measurement always gives the same coverage."""
    hits = [_image_hits(measurement, index) for index in range(len(measurement.images))]
    images = tuple(map(_image_coverage, measurement.images, hits))
    ratio = sum((image.ratio for image in images), Ratio())
    expected = expectations(images, measurement.run.measure.expect)
    verdict, findings = judge(measurement, ratio, expected)
    return Coverage(
        measurement=measurement,
        images=images,
        ratio=ratio,
        expectations=expected,
        step_counts=_step_counts(hits, len(measurement.steps)),
        incidental=sum(_incidental(of_image).bit_count() for of_image in hits),
        findings=findings,
        verdict=verdict,
    )


def _image_hits(measurement: Measurement, index: int) -> _ImageHits:
    probed = bitmap(function.standing is Standing.PROBED for function in measurement.images[index].functions)
    found = _ImageHits({}, {})
    for step, result in enumerate(measurement.steps):
        entered = measurement.hits.get((index, step), 0) & probed
        (found.execute if result.phase is Phase.EXECUTE else found.aside)[step] = entered
    return found


def _image_coverage(image: Image, hits: _ImageHits) -> ImageCoverage:
    size = len(image.functions)
    incidental = flags(_incidental(hits), size)
    functions = tuple(
        _function_coverage(function, steps, bool(aside))
        for function, steps, aside in zip(image.functions, _steps(hits.execute, size), incidental, strict=True)
    )
    counts = dict.fromkeys(State, 0)
    for function in functions:
        counts[function.state] += 1
    ratio = Ratio(counts[State.COVERED], counts[State.MISSING], counts[State.SKIPPED])
    return ImageCoverage(image, functions, ratio, counts)


def _function_coverage(function: Function, steps: tuple[int, ...], incidental: bool) -> FunctionCoverage:
    state = _STATES.get(function.standing, State.COVERED if steps else State.MISSING)
    return FunctionCoverage(function, state, steps, incidental)


def _steps(hits: dict[int, int], size: int) -> Iterator[tuple[int, ...]]:
    """For each function, the steps that entered it. Most functions share a few combinations of steps."""
    if not hits:
        return iter([()] * size)
    indices = tuple(hits)
    known: dict[tuple[int, ...], tuple[int, ...]] = {}
    columns = zip(*(flags(each, size) for each in hits.values()), strict=True)
    return (known.get(column) or known.setdefault(column, tuple(compress(indices, column))) for column in columns)


def _step_counts(images: Sequence[_ImageHits], steps: int) -> tuple[tuple[int, int], ...]:
    """Per step: functions it entered, and those of them that no other step entered.

    An execute step is compared with the execute steps only, a step of prepare or finish with all steps.
    """
    entered, alone = [0] * steps, [0] * steps
    for hits in images:
        every = hits.execute | hits.aside
        for compared, counted in ((hits.execute, hits.execute), (every, hits.aside)):
            _, shared = _union(compared.values())
            for step, bits in counted.items():
                entered[step] += bits.bit_count()
                alone[step] += (bits & ~shared).bit_count()
    return tuple(zip(entered, alone, strict=True))


def _incidental(hits: _ImageHits) -> int:
    """Functions that steps of prepare or finish entered, and no execute step."""
    return _union(hits.aside.values())[0] & ~_union(hits.execute.values())[0]


def _union(bitmaps: Iterable[int]) -> tuple[int, int]:
    """The functions of any bitmap, and those of more than one."""
    once = twice = 0
    for bits in bitmaps:
        twice |= once & bits
        once |= bits
    return once, twice
