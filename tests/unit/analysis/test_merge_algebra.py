"""Merging is commutative, associative and idempotent, also through result files."""

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from funkqa.analysis.coverage import cover
from funkqa.analysis.merge import Merge
from funkqa.model.coverage import State
from funkqa.model.measurement import Execution, Measurement, Outcome, ShardState
from funkqa.model.plan import DebugFileStatus, Inlined, SkipReason, Standing
from funkqa.model.recipe import Phase
from funkqa.store.reader import read_result
from funkqa.store.whole import write_result
from tests.examples import function, image, measurement, package, step

Part = tuple[str, Measurement | ShardState]
ADDRESSES = st.sets(st.integers(0, 3)).map(sorted)
STANDINGS = st.sampled_from([Standing.PROBED] * 4 + list(Standing))
ABSENT = [ShardState.MISSING, ShardState.UNREADABLE, ShardState.CRASHED, ShardState.TIMED_OUT]
# Sums of these show whether the order of adding matters: 0.1 + 0.2 + 0.3 isn't 0.3 + 0.2 + 0.1.
FIGURES = st.sampled_from([0.1, 0.2, 0.3, 1e16])


@st.composite
def images(draw: st.DrawFn, path: str):  # type: ignore[no-untyped-def]
    found = []
    for address in draw(ADDRESSES):
        standing = draw(STANDINGS)
        reason = draw(st.sampled_from(SkipReason)) if standing is Standing.SKIPPED else None
        file = draw(st.sampled_from(["", "a.c"]))
        found.append(function(f"f{address}", vaddr=address, standing=standing, reason=reason, file=file))
    built = image(path, found, debug=draw(st.sampled_from(DebugFileStatus)))
    inlined = draw(st.lists(st.sampled_from("xyz"), unique=True))
    return replace(built, inlined=tuple(Inlined(name, name, "", "", 1) for name in inlined))


@st.composite
def measurements(draw: st.DrawFn) -> Measurement:
    plan = [draw(images(path)) for path in draw(st.lists(st.sampled_from(["/a", "/b"]), unique=True))]
    names = draw(st.lists(st.sampled_from("rs"), max_size=3))
    steps = [
        replace(
            step(
                name,
                draw(st.sampled_from(Outcome)),
                phase=draw(st.sampled_from(Phase)),
                output=draw(st.binary(max_size=1)),
            ),
            started=float(draw(st.integers(0, 3))),
            duration_s=float(draw(st.integers(0, 3))),
        )
        for name in names
    ]
    hits = {
        (i, s): [bit for bit in range(len(each.functions)) if draw(st.booleans())]
        for i, each in enumerate(plan)
        for s in range(len(steps))
    }
    run = measurement(
        plan,
        steps,
        hits,
        packages=draw(st.lists(st.sampled_from([package(), package("tar-1-1.x86_64", "tar")]), unique=True)),
        environment={"arch": "x86_64", "kernel": draw(st.sampled_from("56"))},
        faults=draw(st.lists(st.sampled_from("ef"), unique=True)),
        complete=draw(st.booleans()),
        statistics=draw(st.dictionaries(st.sampled_from("mn"), FIGURES)),
    )
    executions = [
        Execution(
            draw(st.sampled_from([None, *range(len(steps))])),
            draw(st.integers(1, 2)),
            1,
            0,
            1.0,
            "/x",
            (),
            "",
            False,
        )
        for _ in range(draw(st.integers(0, 2)) if steps else 0)
    ]
    sources = draw(st.dictionaries(st.just(("a.src.rpm", "a.c")), st.sampled_from(["one", "two"])))
    return replace(
        run,
        run=replace(run.run, started=float(draw(st.integers(0, 2)))),
        executions=tuple(executions),
        sources=sources,
    )


parts = st.tuples(
    st.sampled_from(["1", "2", "./1", "sh/1", "/x/sh/1"]),
    st.one_of(measurements(), measurements(), st.sampled_from(ABSENT)),
)
some_parts = st.lists(parts, min_size=1, max_size=3).filter(
    lambda found: any(isinstance(part, Measurement) for _, part in found)
)


def merged(found: Sequence[Part]) -> Measurement:
    merge = Merge()
    for name, part in found:
        if isinstance(part, Measurement):
            merge.add(name, part)
        else:
            merge.absent(name, part, "reason")
    return merge.result()


def has_result(found: Sequence[Part]) -> bool:
    return any(isinstance(part, Measurement) for _, part in found)


@settings(deadline=None, max_examples=40)
@given(some_parts, st.randoms(use_true_random=False))
def test_the_order_of_merging_does_not_matter(found: list[Part], chance) -> None:  # type: ignore[no-untyped-def]
    shuffled = found.copy()
    chance.shuffle(shuffled)
    assert merged(shuffled) == merged(found)


@settings(deadline=None, max_examples=40)
@given(some_parts, some_parts, some_parts)
def test_merging_results_of_merging_is_merging_all_at_once(a: list[Part], b: list[Part], c: list[Part]) -> None:
    left = merged([("ab", merged([("a", merged(a)), ("b", merged(b))])), ("c", merged(c))])
    right = merged([("a", merged(a)), ("bc", merged([("b", merged(b)), ("c", merged(c))]))])
    assert left == right == merged([*a, *b, *c])


@settings(deadline=None, max_examples=40)
@given(some_parts)
def test_merging_again_changes_nothing(found: list[Part]) -> None:
    once = merged(found)
    assert merged([*found, *found]) == once
    assert merged([("x", once), ("y", once)]) == once


@settings(deadline=None, max_examples=20)
@given(some_parts)
def test_a_merged_result_survives_its_file(found: list[Part]) -> None:
    result = merged(found)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "merged.funkqa"
        write_result(path, result)
        assert read_result(path) == result
        assert [file.name for file in Path(folder).iterdir()] == ["merged.funkqa"]


@settings(deadline=None, max_examples=40)
@given(st.lists(measurements(), min_size=1, max_size=4))
def test_a_function_is_covered_exactly_if_it_counts_and_a_run_covers_it(runs: list[Measurement]) -> None:
    one_by_one = [states(run) for run in runs]
    together = states(merged([(str(n), run) for n, run in enumerate(runs)]))
    known: set[tuple[str, str]] = reduce(lambda found, each: found | each.keys(), one_by_one, set())
    assert together.keys() == known
    for key, state in together.items():
        of_runs = {each[key] for each in one_by_one if key in each}
        outside = of_runs & {State.GLUE, State.EXCLUDED}
        if outside:
            assert state in outside
        elif State.COVERED in of_runs:
            assert state is State.COVERED
        else:
            assert state is (State.MISSING if State.MISSING in of_runs else State.SKIPPED)


def states(run: Measurement) -> dict[tuple[str, str], State]:
    return {(i.image.path, f.function.name): f.state for i in cover(run).images for f in i.functions}
