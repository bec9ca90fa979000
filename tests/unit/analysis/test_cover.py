from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from funkqa.analysis.coverage import cover
from funkqa.model.coverage import Coverage, Ratio, State
from funkqa.model.measurement import Measurement
from funkqa.model.plan import Standing
from funkqa.model.recipe import Measure, Phase
from tests.examples import function, functions, image, measurement, skipped, step


def states(coverage: Coverage) -> list[str]:
    return [f"{f.function.name} {f.state.value}" for i in coverage.images for f in i.functions]


def test_a_function_is_covered_by_the_execute_steps_that_entered_it() -> None:
    coverage = cover(
        measurement(
            [image(functions=functions("main", "usage", "compress"))],
            [step("one"), step("two")],
            {(0, 0): [0], (0, 1): [0, 2]},
        )
    )
    assert states(coverage) == ["main covered", "usage missing", "compress covered"]
    assert [f.steps for f in coverage.images[0].functions] == [(0, 1), (), (1,)]
    assert coverage.ratio == Ratio(covered=2, missing=1)


def test_hits_of_prepare_and_finish_are_incidental_and_do_not_count() -> None:
    coverage = cover(
        measurement(
            [image(functions=functions("main", "setup", "cleanup", "idle"))],
            [step("make input", phase=Phase.PREPARE), step("run"), step("remove", phase=Phase.FINISH)],
            {(0, 0): [0, 1], (0, 1): [0], (0, 2): [2]},
        )
    )
    assert coverage.ratio == Ratio(covered=1, missing=3)
    assert [f.incidental for f in coverage.images[0].functions] == [False, True, True, False]
    assert [f.steps for f in coverage.images[0].functions] == [(1,), (), (), ()]
    assert coverage.incidental == 2


def test_skipped_functions_count_against_the_ratio_and_glue_and_excluded_stand_outside() -> None:
    inventory = (
        function("main"),
        skipped("atomic_add"),
        function("_start", standing=Standing.GLUE),
        function("test_only", standing=Standing.EXCLUDED),
    )
    coverage = cover(measurement([image(functions=inventory)], measure=Measure(skipped=Fraction(1))))
    assert states(coverage) == ["main covered", "atomic_add skipped", "_start glue", "test_only excluded"]
    assert coverage.ratio == Ratio(covered=1, missing=0, skipped=1)
    assert coverage.images[0].counts == {
        State.COVERED: 1,
        State.MISSING: 0,
        State.SKIPPED: 1,
        State.GLUE: 1,
        State.EXCLUDED: 1,
    }


def test_hits_of_functions_without_a_probe_are_not_counted() -> None:
    inventory = (function("main"), skipped("atomic_add"))
    coverage = cover(measurement([image(functions=inventory)], hits={(0, 0): [0, 1, 7]}))
    assert [f.steps for f in coverage.images[0].functions] == [(0,), ()]
    assert coverage.step_counts == ((1, 1),)


def test_a_step_is_told_what_it_entered_and_what_no_other_execute_step_entered() -> None:
    coverage = cover(
        measurement(
            [image(functions=functions("a", "b", "c", "d")), image("/usr/bin/bzcat", functions("e"))],
            [step("setup", phase=Phase.PREPARE), step("one"), step("two")],
            {(0, 0): [0, 3], (0, 1): [0, 1], (0, 2): [1, 2], (1, 2): [0]},
        )
    )
    assert coverage.step_counts == ((2, 1), (2, 1), (3, 2))


def test_an_image_without_functions_has_an_empty_ratio() -> None:
    coverage = cover(measurement([image(functions=functions("main")), image("/usr/bin/empty")]))
    assert coverage.images[1].ratio == Ratio()
    assert coverage.images[1].functions == ()


@given(st.data())
def test_bitmap_counting_agrees_with_counting_one_by_one(draw: st.DataObject) -> None:
    sizes = draw.draw(st.lists(st.integers(0, 20), max_size=3))
    standings = st.sampled_from([Standing.PROBED, Standing.PROBED, Standing.SKIPPED, Standing.GLUE])
    images = [image(functions=[function(standing=draw.draw(standings)) for _ in range(size)]) for size in sizes]
    phases = draw.draw(st.lists(st.sampled_from(list(Phase)), max_size=5))
    indices = st.lists(st.integers(0, 19))
    hits = {(i, s): draw.draw(indices) for i in range(len(sizes)) for s in range(len(phases))}
    run = measurement(images, [step(str(n), phase=phase) for n, phase in enumerate(phases)], hits)
    coverage = cover(run)
    slow = [slowly(run, i, f) for i, size in enumerate(sizes) for f in range(size)]
    assert [(f.steps, f.incidental) for i in coverage.images for f in i.functions] == [
        (execute, bool(aside and not execute)) for execute, aside in slow
    ]
    assert coverage.incidental == sum(bool(aside and not execute) for execute, aside in slow)
    for index, phase in enumerate(phases):
        entered = [pair for pair in slow if index in pair[0] + pair[1]]
        compared = [execute if phase is Phase.EXECUTE else execute + aside for execute, aside in entered]
        assert coverage.step_counts[index] == (len(entered), sum(len(others) == 1 for others in compared))


def slowly(run: Measurement, image_index: int, function_index: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Execute steps and other steps that entered a function, by the definition."""
    if run.images[image_index].functions[function_index].standing is not Standing.PROBED:
        return (), ()
    entered = [
        index for index in range(len(run.steps)) if run.hits.get((image_index, index), 0) >> function_index & 1
    ]
    execute = tuple(index for index in entered if run.steps[index].phase is Phase.EXECUTE)
    return execute, tuple(index for index in entered if index not in execute)
