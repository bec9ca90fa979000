"""What is written is what is read."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funkqa.model.measurement import MeasuredPackage, Measurement, Outcome, RunRecord, StepResult
from funkqa.model.plan import DebugFileStatus, Function, Image, ImageRole, SkipReason, Standing, Unmeasured
from funkqa.model.recipe import Measure, Phase, Respect
from funkqa.model.units import Bitmap
from funkqa.store.reader import read_result

from .values import empty, rich, write

# Any str that Python can hold: lone surrogates too, which paths that aren't UTF-8 carry.
texts = st.text(st.characters(exclude_categories=()), max_size=8)
words = st.integers(0, (1 << 64) - 1)
ratios = st.fractions(0, 1)
times = st.floats(allow_nan=False)
numbers = st.integers(0, 1 << 40)
# NUL separates names in the inventory's digest; the strings of an ELF file end with it, so no name holds one.
names = st.lists(st.text(st.characters(exclude_characters="\0"), min_size=1, max_size=8), min_size=1, max_size=3)
functions = st.builds(
    Function,
    vaddr=words,
    offset=words,
    size=words,
    symbol=texts,
    names=names.map(tuple),
    demangled=texts,
    local=st.booleans(),
    unit=texts,
    file=texts,
    line=numbers,
    ordinal=numbers,
    standing=st.sampled_from(Standing),
    reason=st.none() | st.sampled_from(SkipReason),
)
images = st.builds(
    Image,
    package=texts,
    arch=texts,
    path=texts,
    links=st.lists(texts, max_size=2).map(tuple),
    role=st.sampled_from(ImageRole),
    soname=texts,
    build_id=texts,
    debug=st.sampled_from(DebugFileStatus),
    debug_package=texts,
    functions=st.lists(functions, max_size=12).map(tuple),
)
patterns = st.lists(texts, max_size=2).map(tuple)
runs = st.builds(
    RunRecord,
    recipe=texts,
    recipe_text=texts,
    summary=texts,
    measure=st.builds(
        Measure,
        include=patterns,
        exclude=patterns,
        expect=patterns,
        minimum=st.none() | ratios,
        tolerance=ratios,
        skipped=ratios,
    ),
    packages=st.lists(st.builds(MeasuredPackage, texts, texts, texts, st.booleans()), max_size=2).map(tuple),
    environment=st.dictionaries(texts, texts, max_size=2),
    funkqa_version=texts,
    started=times,
)
steps = st.builds(
    StepResult,
    name=texts,
    phase=st.sampled_from(Phase),
    script=texts,
    result=st.sampled_from(Respect),
    outcome=st.sampled_from(Outcome),
    reason=texts,
    exit_code=st.none() | st.integers(0, 255),
    signal=st.none() | st.integers(1, 64),
    started=times,
    duration_s=times,
    output=st.binary(max_size=50),
    output_bytes=numbers,
)


@st.composite
def measurements(draw: st.DrawFn) -> Measurement:
    plan = draw(st.lists(images, max_size=3))
    ran = draw(st.lists(steps, max_size=3))
    hits = {
        (image, step): Bitmap(draw(st.integers(0, (1 << len(plan[image].functions)) - 1)))
        for image in range(len(plan))
        for step in range(len(ran))
        if draw(st.booleans())
    }
    return Measurement(
        run=draw(runs),
        images=tuple(plan),
        unmeasured=draw(st.lists(st.builds(Unmeasured, texts, texts, texts), max_size=2).map(tuple)),
        steps=tuple(ran),
        hits=hits,
        faults=draw(st.lists(texts, max_size=2).map(tuple)),
        complete=draw(st.booleans()),
    )


@pytest.mark.parametrize("measurement", [empty(), rich()], ids=["empty", "rich"])
def test_what_is_written_is_what_is_read(tmp_path: Path, measurement: Measurement) -> None:
    assert read_result(write(tmp_path / "bzip2.funkqa", measurement)) == measurement


@settings(deadline=None, max_examples=60)
@given(measurements())
def test_any_measurement_survives_the_file(measurement: Measurement) -> None:
    with TemporaryDirectory() as folder:
        assert read_result(write(Path(folder) / "any.funkqa", measurement)) == measurement


@pytest.mark.parametrize("name", ["a?mode=rwc.funkqa", "a#b.funkqa", "100%.funkqa", "%41.funkqa", "größe \udcff'"])
def test_a_path_with_characters_that_mean_something_in_a_uri(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, rich())

    assert read_result(path) == rich()
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_a_ratio_as_exact_as_a_float_keeps_its_value(tmp_path: Path) -> None:
    measure = Measure(minimum=Fraction(0.1), tolerance=Fraction(1, 3))
    measurement = replace(empty(), run=replace(empty().run, measure=measure))

    assert read_result(write(tmp_path / "r.funkqa", measurement)).run.measure == measure
