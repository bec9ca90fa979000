"""Merging runs: what it means. test_merge_algebra.py has its laws."""

from dataclasses import replace

import pytest

from funkqa.analysis.coverage import cover
from funkqa.analysis.merge import Merge
from funkqa.analysis.merge_executions import Executions
from funkqa.analysis.merge_steps import step_keys
from funkqa.model.coverage import Ratio, Verdict
from funkqa.model.errors import ExitCode, NothingToMeasure, UsageError
from funkqa.model.measurement import Execution, Measurement, Outcome, ShardState
from funkqa.model.plan import DebugFileStatus, SkipReason, Standing
from funkqa.model.recipe import Phase
from tests.examples import function, functions, image, measurement, package, skipped, step


def merged(*runs: Measurement) -> Measurement:
    merge = Merge()
    for number, run in enumerate(runs):
        merge.add(f"{number}.funkqa", run)
    return merge.result()


def covered(run: Measurement) -> set[str]:
    return {f.function.name for i in cover(run).images for f in i.functions if f.steps}


def at(run: Measurement, started: float) -> Measurement:
    """The same run at another time."""
    steps = tuple(replace(each, started=started + 1 + n) for n, each in enumerate(run.steps))
    return replace(run, run=replace(run.run, started=started), steps=steps)


def test_a_function_is_covered_if_any_run_covers_it() -> None:
    inventory = [image(functions=functions("main", "usage", "compress"))]
    result = merged(measurement(inventory, hits={(0, 0): [0]}), at(measurement(inventory, hits={(0, 0): [2]}), 9))
    assert covered(result) == {"main", "compress"}
    assert cover(result).ratio == Ratio(covered=2, missing=1)
    assert len(result.steps) == 1
    assert cover(result).verdict is Verdict.PASSED


def test_a_step_has_its_worst_outcome_its_longest_time_and_its_first_start() -> None:
    good = measurement(steps=[replace(step(duration_s=2.0), started=5.0)])
    bad = measurement(steps=[replace(step(outcome=Outcome.FAILED, output=b"bad", duration_s=1.0), started=7.0)])
    (found,) = merged(good, bad).steps
    assert (found.outcome, found.output, found.duration_s, found.started) == (Outcome.FAILED, b"bad", 2.0, 5.0)


def test_steps_that_only_some_runs_have_stand_in_the_order_of_the_recipe() -> None:
    def shard(*names: str) -> Measurement:
        steps = [replace(step(name), started=float(ord(name))) for name in names]
        finish = replace(step("z", phase=Phase.PREPARE), started=200.0)
        return measurement(steps=[finish, *steps], hits={(0, 1): [0]})

    assert [each.name for each in merged(shard("c"), shard("a", "b"), shard("b")).steps] == ["z", "a", "b", "c"]


def test_equal_steps_of_one_run_stay_apart() -> None:
    run = measurement(steps=[step("same"), replace(step("same"), started=1777593601.0)], hits={(0, 1): [1]})
    result = merged(run, at(run, 3))
    assert len(result.steps) == 2
    assert [f.steps for f in cover(result).images[0].functions] == [(), (1,)]


def test_statistics_are_sums_and_faults_name_their_run() -> None:
    one = measurement(statistics={"traps_in_scope": 2.0, "trap_time_s": 0.5}, faults=["records lost"])
    result = merged(one, at(measurement(statistics={"traps_in_scope": 3.0}), 9))
    assert result.statistics == {"trap_time_s": 0.5, "traps_in_scope": 5.0}
    assert result.faults == ("0.funkqa: records lost",)


def test_the_same_run_twice_counts_once() -> None:
    run = measurement(statistics={"traps_in_scope": 2.0})
    result = merged(run, run)
    assert result.statistics == {"traps_in_scope": 2.0}
    assert [shard.name for shard in result.shards] == ["0.funkqa", "1.funkqa"]


def test_facts_that_differ_between_hosts_are_all_told() -> None:
    one = measurement(environment={"arch": "x86_64", "kernel": "6.12"})
    two = measurement(environment={"arch": "x86_64", "kernel": "6.6", "root": "throw-away"})
    assert merged(one, two).run.environment == {"arch": "x86_64", "kernel": "6.12, 6.6", "root": "throw-away"}


@pytest.mark.parametrize("state", [state for state in ShardState if state.value not in ("complete", "incomplete")])
def test_an_absent_run_is_a_state_and_never_zero_coverage(state: ShardState) -> None:
    merge = Merge()
    merge.add("0.funkqa", measurement())
    merge.absent("1.funkqa", state, "gone")
    coverage = cover(merge.result())
    assert coverage.ratio == cover(measurement()).ratio
    assert coverage.verdict is Verdict.FAILED
    assert coverage.findings == (
        f"1 of 2 runs have no whole result: 1.funkqa ({state.value}); what they would have entered is not known",
    )


def test_what_a_run_entered_before_it_died_counts() -> None:
    dead = at(measurement(hits={(0, 0): [1]}, complete=False), 9)
    result = merged(measurement(), dead)
    assert covered(result) == {"main", "usage"}
    assert not result.complete
    assert result.shards[1].reason == "the run died after step 1 (roundtrip): what came later is not in the result"


def test_a_run_that_was_missing_is_forgotten_once_it_is_there() -> None:
    first = Merge()
    first.add("0.funkqa", measurement())
    first.absent("1.funkqa", ShardState.TIMED_OUT, "")
    second = Merge()
    second.add("all.funkqa", first.result())
    second.add("1.funkqa", at(measurement(), 9))
    result = second.result()
    assert [(shard.name, shard.state) for shard in result.shards] == [
        ("0.funkqa", ShardState.COMPLETE),
        ("1.funkqa", ShardState.COMPLETE),
    ]
    assert result.complete


def test_nothing_but_absent_runs_is_no_result() -> None:
    merge = Merge()
    merge.absent("1.funkqa", ShardState.MISSING, "")
    with pytest.raises(NothingToMeasure):
        merge.result()


OTHERS = {
    "recipe": (measurement(recipe="gzip"), "recipe gzip, not of bzip2"),
    "version": (measurement(packages=[package("bzip2-1.0.9-1.x86_64")]), "bzip2-1.0.9-1.x86_64"),
    "build": (measurement([image(functions=functions("main", "usage"), build_id="ff")]), "build ID ff"),
    "architecture": (measurement(environment={"arch": "s390x"}), "measured on s390x"),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_another_recipe_or_build_is_refused_with_the_way_to_compare(kind: str) -> None:
    other, said = OTHERS[kind]
    merge = Merge()
    merge.add("a b.funkqa", measurement())
    with pytest.raises(UsageError, match=said) as caught:
        merge.add("other.funkqa", other)
    assert caught.value.hint.endswith("funkqa compare 'a b.funkqa' other.funkqa")
    assert caught.value.exit_code is ExitCode.USAGE


def test_another_text_of_the_recipe_is_refused() -> None:
    run = measurement()
    with pytest.raises(UsageError, match="another text"):
        merged(run, replace(run, run=replace(run.run, recipe_text="version: 1\n")))


def test_files_without_build_id_must_have_the_same_functions() -> None:
    one, two = (measurement([image(functions=functions(*names), build_id="")]) for names in ("a", "ab"))
    assert merged(one, at(one, 9)).images == one.images
    with pytest.raises(UsageError, match="no build ID"):
        merged(one, two)


def test_a_probe_that_one_host_refused_is_measured_by_another() -> None:
    refusing = measurement([image(functions=[function("main", vaddr=1), skipped("locked")])], hits={(0, 0): [0]})
    probing = measurement([image(functions=[function("main", vaddr=1), function("locked")])], hits={(0, 0): [1]})
    for runs in ((refusing, probing), (probing, refusing)):
        assert covered(merged(*runs)) == {"main", "locked"}


def test_what_a_run_entered_in_a_file_that_changed_never_counts() -> None:
    changed = measurement([image(functions=[skipped("main", SkipReason.CHANGED)])], hits={(0, 0): [0]})
    assert covered(merged(changed, measurement([image(functions=[function("main")])], hits={}))) == set()


def test_a_run_without_debuginfo_adds_its_hits_to_the_functions_that_another_knows() -> None:
    known = [function(name, vaddr=16 * n, file="a.c") for n, name in enumerate(("alpha", "beta", "gamma"))]
    rich = measurement([image(functions=known)], hits={(0, 0): [0]})
    poor = measurement(
        [
            image(
                functions=[replace(known[2], file=""), function("_start", vaddr=99)],
                debug=DebugFileStatus.DYNSYM_ONLY,
            )
        ],
        hits={(0, 0): [0]},
    )
    for runs in ((rich, poor), (poor, rich)):
        result = merged(*runs)
        assert covered(result) == {"alpha", "gamma"}
        assert [f.name for f in result.images[0].functions] == ["alpha", "beta", "gamma", "_start"]
        assert result.images[0].functions[2].file == "a.c"
        assert result.images[0].debug is DebugFileStatus.MERGED


def test_glue_that_only_one_run_knows_as_such_stays_outside() -> None:
    one = measurement([image(functions=[function("f", standing=Standing.GLUE), function("main", vaddr=9)])])
    two = measurement([image(functions=[function("f"), function("main", vaddr=9)])])
    assert cover(merged(one, two)).ratio == cover(merged(two, one)).ratio == Ratio(missing=1)


def test_images_that_only_some_runs_have_are_all_there() -> None:
    one, two = (measurement([image(f"/usr/bin/{name}", functions("main"))]) for name in ("a", "b"))
    result = merged(two, one)
    assert [each.path for each in result.images] == ["/usr/bin/a", "/usr/bin/b"]
    assert cover(result).ratio == Ratio(covered=2)


def test_programs_name_their_step_and_equal_ones_of_two_hosts_are_kept() -> None:
    def run(started: float, pid: int, name: str) -> Measurement:
        execution = Execution(1, pid, 1, 0, started, "/usr/bin/bzip2", ("bzip2",), "bzip2", True)
        steps = [replace(step("a"), started=1.0), replace(step(name), started=2.0)]
        return replace(measurement(steps=steps), executions=(execution,))

    found = merged(run(5.0, 3, "b"), run(4.0, 7, "b"), run(3.0, 9, "c")).executions
    assert [(each.step, each.pid) for each in found] == [(1, 7), (1, 3), (2, 9)]


def test_of_too_many_programs_the_first_of_each_is_kept() -> None:
    keys = step_keys([step()])
    programs = Executions(most=10)
    for pid in range(500):
        programs.add([Execution(0, pid, 1, 0, float(pid), "/bin/a", (), "", False)], keys)
    programs.add([Execution(0, 999, 1, 0, 999.0, "/bin/late", (), "", False)], keys)
    found = programs.numbered({keys[0]: 0})
    assert [each.pid for each in found] == [*range(10), 999]
