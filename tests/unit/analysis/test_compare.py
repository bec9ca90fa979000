"""Comparing runs: what became of each function."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funkqa.analysis.compare import compare
from funkqa.model.comparison import Change, Comparison, FunctionChange, Named, StepFate
from funkqa.model.measurement import Measurement, Outcome
from funkqa.model.plan import Function, Image, Inlined, SkipReason, Standing
from funkqa.model.recipe import Phase
from tests.examples import function, functions, image, measurement, package, skipped, step


def compared(new: Measurement, *baselines: Measurement) -> Comparison:
    """The baselines are named a, b, ... and each is older than the one before."""
    named = [
        Named(f"{chr(97 + n)}.funkqa", replace(run, run=replace(run.run, started=1000.0 - n)))
        for n, run in enumerate(baselines)
    ]
    return compare(named, Named("new.funkqa", new))


def changes(comparison: Comparison) -> dict[str, str]:
    return {each.name: each.change.value for each in comparison.functions}


def change(comparison: Comparison, name: str) -> FunctionChange:
    return next(each for each in comparison.functions if each.name == name)


def run(
    covered: str | Sequence[str], inventory: Sequence[Function] | str = "abc", inlined: Sequence[Inlined] = ()
) -> Measurement:
    """A run of one image; ``covered`` has the names of the functions that are covered, letters or whole names."""
    listed = functions(*inventory) if isinstance(inventory, str) else tuple(inventory)
    hits = {(0, 0): [number for number, each in enumerate(listed) if each.name in covered]}
    return measurement([image(functions=listed, inlined=inlined)], hits=hits)


def test_a_function_that_was_covered_and_is_there_but_not_covered_is_lost() -> None:
    comparison = compared(run("a"), run("abc"))
    assert changes(comparison) == {"b": "lost", "c": "lost"}
    assert change(comparison, "b").steps == ("roundtrip",)
    assert comparison.before == 1
    assert comparison.new.ratio.fraction == Fraction(1, 3)


def test_a_function_that_was_there_and_is_covered_now_is_gained() -> None:
    assert changes(compared(run("abc"), run("a"))) == {"b": "gained", "c": "gained"}


def test_what_is_new_and_what_is_gone() -> None:
    comparison = compared(run("ad", "abd"), run("ac", "abc"))
    assert changes(comparison) == {"d": "added", "c": "removed"}
    assert change(comparison, "d").covered
    assert change(comparison, "c").covered


def test_glue_and_excluded_functions_neither_come_nor_go() -> None:
    before = [function("a"), function("_start", vaddr=2, standing=Standing.GLUE)]
    after = [function("a"), function("b", vaddr=2, standing=Standing.EXCLUDED)]
    assert changes(compared(run("a", after), run("a", before))) == {}


def test_a_function_that_lost_its_probe_is_not_lost_but_unknown() -> None:
    before = [function("a"), function("b", vaddr=2)]
    comparison = compared(run("a", [function("a"), skipped("b")]), run("ab", before))
    assert changes(comparison) == {"b": "unprobed"}
    assert compared(run("a", [function("a"), skipped("b")]), run("a", before)).functions == ()


def test_a_function_that_exists_only_inlined_now_is_not_lost() -> None:
    before = [function("a"), function("swap", vaddr=2, file="sort.c", local=True, unit="sort.c")]
    inlined = (Inlined("swap", "swap", "sort.c", "sort.c", 9),)
    comparison = compared(run("a", "a", inlined=inlined), run("a", before))
    assert changes(comparison) == {"swap": "inlined"}
    other_file = (Inlined("swap", "swap", "heap.c", "heap.c", 9),)
    assert changes(compared(run("a", "a", inlined=other_file), run("a", before))) == {"swap": "removed"}
    assert changes(compared(run("a", before), run("a", "a", inlined=inlined))) == {"swap": "outlined"}


def test_of_several_baselines_all_must_cover_what_is_lost() -> None:
    comparison = compared(run("a"), run("ab"), run("abc"), run("ab"))
    assert changes(comparison) == {"b": "lost", "c": "unsteady"}
    assert (change(comparison, "c").covered_in, change(comparison, "c").known_in) == (1, 3)
    assert changes(compared(run("abc"), run("ab"), run("abc"))) == {}


def test_a_baseline_that_lacks_a_function_has_no_say_about_it() -> None:
    comparison = compared(run("a"), run("ab"), run("a", "ac"))
    assert changes(comparison) == {"b": "lost"}
    assert change(comparison, "b").known_in == 1


def test_the_median_of_the_ratios_counts() -> None:
    ratios = [run("a"), run("ab"), run("abc")]
    assert compared(run("ab"), *ratios).before == Fraction(2, 3)
    assert compared(run("ab"), *ratios[:2]).before == Fraction(1, 2)


def test_only_hits_of_execute_cover() -> None:
    inventory = [image(functions=functions("a", "b"))]
    steps = [step("setup", phase=Phase.PREPARE), step("test")]
    before = measurement(inventory, steps, {(0, 0): [0], (0, 1): [0, 1]})
    after = measurement(inventory, steps, {(0, 0): [0, 1], (0, 1): [1]})
    assert changes(compared(after, before)) == {"a": "lost"}


def test_a_library_pairs_by_its_soname_and_a_program_by_its_path() -> None:
    def library(version: str, path: str = "/usr/lib64") -> Image:
        return image(f"{path}/libbz2.so.1.0.{version}", functions("f"), soname="libbz2.so.1", package="libbz2-1")

    before = measurement([library("8"), image("/usr/bin/a", functions("f"))], hits={(0, 0): [0], (1, 0): [0]})
    after = measurement([image("/usr/bin/a", functions("f")), library("9", "/lib64")], hits={(0, 0): [0]})
    comparison = compared(after, before)
    assert [(each.image, each.change) for each in comparison.functions] == [("libbz2.so.1", Change.LOST)]
    assert [each.moved_from for each in comparison.images] == ["", ""]


def test_images_that_only_a_version_in_their_names_tells_apart_are_the_same() -> None:
    before = measurement([image("/l/libx.so.3.1", functions("f"), soname="libx.so.3", package="libx3")])
    after = measurement([image("/l/libx.so.4.0", functions("f"), soname="libx.so.4", package="libx4")], hits={})
    comparison = compared(after, before)
    assert changes(comparison) == {"f": "lost"}
    assert comparison.images[0].moved_from == "libx.so.3"


def test_images_that_might_be_either_of_two_are_not_paired() -> None:
    before = measurement([image("/l/1/x.so", functions("f"))])
    after = measurement([image(f"/l/{n}/x.so", functions("f")) for n in (2, 3)], hits={})
    assert sorted(changes(compared(after, before)).values()) == ["removed"]
    assert [each.change for each in compared(after, before).functions] == [
        Change.ADDED,
        Change.ADDED,
        Change.REMOVED,
    ]


def test_libraries_of_one_soname_for_several_processors_pair_by_path() -> None:
    def both(*hit: int) -> Measurement:
        paths = ("/lib64/libc.so.6", "/lib64/glibc-hwcaps/x86-64-v3/libc.so.6")
        images = [image(path, functions("f"), soname="libc.so.6") for path in paths]
        return measurement(images, hits={(number, 0): [0] for number in hit})

    assert [each.counts[Change.LOST] for each in compared(both(0), both(0, 1)).images] == [0, 1]


def test_an_image_that_is_gone_takes_its_functions_with_it() -> None:
    before = measurement([image("/a", functions("f")), image("/b", functions("g"))])
    comparison = compared(measurement([image("/a", functions("f"))]), before)
    assert changes(comparison) == {"g": "removed"}
    assert (comparison.images[1].before is None, comparison.images[1].after) == (False, None)


def local(name: str, unit: str, vaddr: int = 1) -> Function:
    return function(name, local=True, unit=unit, file=unit, vaddr=vaddr)


PAIRED: Mapping[str, tuple[Function, Function]] = {
    "the address and line moved": (function("f", vaddr=1, line=3), function("f", vaddr=9, line=8)),
    "an alias became the best name": (function("f", names=["g"]), function("g", names=["f"])),
    "the folder of its source moved": (local("f", "src/a.c"), local("f", "lib/a.c")),
    "it became static": (function("f", file="a.c"), local("f", "a.c")),
    "debuginfo went missing": (function("f"), function("f", local=True)),
}


@pytest.mark.parametrize("kind", PAIRED)
def test_it_is_the_same_function_if(kind: str) -> None:
    before, after = PAIRED[kind]
    assert changes(compared(run("", [after]), run(before.name, [before]))) == {after.name: "lost"}


def test_static_functions_of_one_name_in_two_files_are_two() -> None:
    before = [local("init", "a.c", vaddr=1), local("init", "b.c", vaddr=2)]
    after = [local("init", "a.c", vaddr=1), local("init", "c.c", vaddr=2)]
    comparison = compared(run("init", after), run("init", before))
    assert sorted((each.change.value, each.file) for each in comparison.functions) == [
        ("added", "c.c"),
        ("removed", "b.c"),
    ]


def source(*named: tuple[str, int, int]) -> list[Function]:
    """Functions of one file by (name, line, size)."""
    return [
        function(name, vaddr=16 * n, file="a.c", line=line, size=size)
        for n, (name, line, size) in enumerate(named)
    ]


def test_a_function_of_the_same_size_at_the_same_place_in_its_file_was_renamed() -> None:
    before = source(("first", 1, 32), ("old", 10, 99), ("last", 20, 32))
    after = source(("first", 1, 32), ("new", 14, 99), ("last", 24, 32))
    comparison = compared(run("first", after), run("first", before))
    assert [(each.change, each.name, each.renamed_from) for each in comparison.functions] == [
        (Change.RENAMED, "new", "old")
    ]
    lost = compared(run("first", after), run(("first", "old"), before))
    assert [(each.change, each.name, each.renamed_from) for each in lost.functions] == [
        (Change.LOST, "new", "old")
    ]


NOT_RENAMED = {
    "size": source(("first", 1, 32), ("new", 14, 98), ("last", 24, 32)),
    "place": source(("first", 1, 32), ("last", 24, 32), ("new", 30, 99)),
    "doubt": source(("first", 1, 32), ("new", 14, 99), ("other", 15, 99), ("last", 24, 32)),
}


@pytest.mark.parametrize("other", NOT_RENAMED)
def test_a_function_is_not_renamed_if_it_differs_in(other: str) -> None:
    before = source(("first", 1, 32), ("old", 10, 99), ("last", 20, 32))
    found = changes(compared(run("first", NOT_RENAMED[other]), run("first", before)))
    assert found["old"] == "removed"
    assert found["new"] == "added"


def test_steps_of_one_recipe_are_compared_one_by_one() -> None:
    inventory = [image(functions=functions("a", "b", "c"))]
    steps = [step("one"), step("two")]
    before = measurement(inventory, steps, {(0, 0): [0, 1], (0, 1): [2]})
    after = measurement(inventory, [step("one", Outcome.FAILED), step("two")], {(0, 0): [0], (0, 1): [1, 2]})
    one, two = compared(after, before).steps
    assert (one.lost, one.gained, one.functions_before, one.functions_after) == (1, 0, 2, 1)
    assert (two.lost, two.gained) == (0, 1)
    assert (one.outcome_before, one.outcome_after) == (Outcome.PASSED, Outcome.FAILED)


def test_steps_that_came_went_or_changed_are_told() -> None:
    before = measurement(steps=[step("same"), step("other", script="old"), step("gone")])
    after = measurement(steps=[step("same"), step("new"), step("other", script="new")])
    fates = {each.name: each.fate for each in compared(after, before).steps}
    assert fates == {
        "same": StepFate.SAME,
        "new": StepFate.ADDED,
        "other": StepFate.CHANGED,
        "gone": StepFate.REMOVED,
    }


def test_functions_in_another_order_are_compared_step_by_step_as_well() -> None:
    before = measurement([image(functions=functions("a", "b", "c"))], hits={(0, 0): [0, 1]})
    after = measurement([image(functions=functions("x", "c", "b", "a"))], hits={(0, 0): [0, 1, 3]})
    (only,) = compared(after, before).steps
    assert (only.lost, only.gained) == (1, 1)


def test_a_skip_during_the_run_is_no_other_function() -> None:
    changed = measurement([image(functions=[skipped("main", SkipReason.CHANGED), function("usage")])], hits={})
    assert changes(compared(changed, measurement())) == {"main": "unprobed"}


def test_without_a_baseline_there_is_no_change() -> None:
    comparison = compared(run("a"))
    assert (comparison.before, comparison.functions, comparison.images) == (None, (), ())


LETTERS = st.sets(st.sampled_from("abcdef")).map(lambda names: "".join(sorted(names)))


@given(LETTERS, LETTERS, LETTERS, LETTERS)
def test_every_function_has_exactly_the_change_that_its_definition_says(
    old: str, hit_before: str, new: str, hit_now: str
) -> None:
    found = changes(compared(run(hit_now, new), run(hit_before + "z", old + "z")))
    expected = {}
    for name in {*old, *new}:
        was, is_ = (name in old and name in hit_before), (name in new and name in hit_now)
        if name not in new:
            expected[name] = "removed"
        elif name not in old:
            expected[name] = "added"
        elif was and not is_:
            expected[name] = "lost"
        elif is_ and not was:
            expected[name] = "gained"
    assert found == expected | {"z": "removed"}


@given(LETTERS, LETTERS, LETTERS)
def test_comparing_backwards_turns_lost_into_gained_and_added_into_removed(
    inventory: str, one: str, other: str
) -> None:
    turned = {"lost": "gained", "gained": "lost", "added": "removed", "removed": "added"}
    first, second = run(one + "z", inventory + "z"), run(other + "z", "abcz")
    forwards, backwards = changes(compared(first, second)), changes(compared(second, first))
    assert {name: turned[change] for name, change in forwards.items()} == backwards


@given(st.lists(LETTERS, min_size=1, max_size=4), LETTERS, st.randoms(use_true_random=False))
def test_the_order_of_the_baselines_does_not_matter(baselines: list[str], new: str, chance) -> None:  # type: ignore[no-untyped-def]
    named = [
        Named(f"{n}.funkqa", replace(run(hit + "z", "abcdefz"), run=replace(run("").run, started=float(n % 2))))
        for n, hit in enumerate(baselines)
    ]
    shuffled = named.copy()
    chance.shuffle(shuffled)
    after = Named("new.funkqa", run(new, "abcdefz"))
    assert compare(shuffled, after) == compare(named, after)


def test_a_package_that_came_as_another_build_is_told_by_its_version() -> None:
    before = measurement(packages=[package("bzip2-1.0.8-5.1.x86_64")])
    after = measurement(packages=[package("bzip2-1.0.8-5.2.x86_64")])
    comparison = compared(after, before)
    assert (comparison.baselines[0].version, comparison.new.version) == ("1.0.8-5.1", "1.0.8-5.2")
