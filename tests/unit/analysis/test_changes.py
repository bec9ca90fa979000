"""What changed, from pairs of functions and their fingerprints."""

from fractions import Fraction

import pytest

from funkqa.analysis.changed import Side, Together, changes
from funkqa.analysis.changed_pairs import Pairs, identities, improved, pair
from funkqa.analysis.changed_reach import Reached
from funkqa.model.change import CodeChange, Compared, Reach
from funkqa.model.comparison import Named
from funkqa.model.plan import Function, Image, Standing, Unmeasured
from tests.example_changes import NEW, OLD, program, together
from tests.examples import function, functions, image, measurement, step


def local(name: str, vaddr: int, unit: str = "", ordinal: int = 0, size: int = 32) -> Function:
    return function(name, vaddr=vaddr, local=True, unit=unit, ordinal=ordinal, size=size)


def summary(*every: Together) -> list[tuple[CodeChange, str, str]]:
    found = changes(OLD, NEW, every, [])
    return [(each.change, each.name, each.moved_from) for each in found.functions]


def test_the_same_code_is_no_change_and_other_code_is() -> None:
    assert summary(together(program(), program())) == []
    assert summary(together(program(), program(), "pack")) == [(CodeChange.CHANGED, "pack", "")]


def test_glue_of_the_compiler_is_no_function_of_the_package() -> None:
    assert summary(together(program(), program(), "_start")) == []


def test_an_image_that_only_one_build_has_is_added_or_removed_as_a_whole() -> None:
    one = image(functions=functions("a", "b"))
    assert summary(together(None, one)) == [(CodeChange.ADDED, "a", ""), (CodeChange.ADDED, "b", "")]
    assert summary(together(one, None)) == [(CodeChange.REMOVED, "a", ""), (CodeChange.REMOVED, "b", "")]


def test_a_function_that_is_in_another_image_now_has_moved() -> None:
    tool, library = (image(f"/usr/bin/{name}", functions(name, "shared")) for name in ("tool", "library"))
    plain = (image(f"/usr/bin/{name}", functions(name)) for name in ("tool", "library"))
    found = summary(together(tool, next(plain)), together(next(plain), library))
    assert found == [(CodeChange.MOVED, "shared", "/usr/bin/tool")]


def test_a_function_that_is_in_another_image_with_other_code_is_new_and_removed() -> None:
    tool, library = (image(f"/usr/bin/{name}", functions(name, "shared")) for name in ("tool", "library"))
    plain = (image(f"/usr/bin/{name}", functions(name)) for name in ("tool", "library"))
    found = summary(together(tool, next(plain)), together(next(plain), library, "shared"))
    assert found == [(CodeChange.REMOVED, "shared", ""), (CodeChange.ADDED, "shared", "")]


def test_a_function_whose_code_nobody_has_read_has_not_moved() -> None:
    before, after = (
        image(f"/usr/bin/{name}", [function("main", size=size)]) for name, size in (("old", 64), ("new", 48))
    )
    every = [together(before, None)._replace(before=Side(before, {})), together(None, after)]
    every[1] = every[1]._replace(after=Side(after, {}))
    assert summary(*every) == [(CodeChange.REMOVED, "main", ""), (CodeChange.ADDED, "main", "")]


def test_the_folder_of_a_source_file_may_change_its_name_may_not() -> None:
    def of(file: str) -> Image:
        return image(functions=[function("main", file=file)])

    assert summary(together(of("a-1.0/main.c"), of("a-1.1/main.c"))) == []
    assert summary(together(of("main.c"), of("tool.c"))) == [(CodeChange.MOVED, "main", "main.c")]


def test_statics_of_one_name_are_told_apart_by_their_code_if_the_linker_changed_their_order() -> None:
    both = [local("init", 0x10, ordinal=0), local("init", 0x40, ordinal=1)]
    old, new = {0: b"first", 1: b"second"}, {0: b"second", 1: b"first"}
    assert improved(pair(both, both), both, both, old, new).places == (1, 0)
    assert improved(pair(both, both), both, both, old, {0: b"third", 1: b"first"}).places == (1, 0)
    assert improved(pair(both, both), both, both, old, {0: b"third", 1: b"fourth"}).places == (0, 1)


def test_a_function_of_another_name_and_the_same_code_is_renamed() -> None:
    before, after = functions("main", "was"), functions("main", "is_now")
    pairs = improved(pair(before, after), before, after, {0: b"m", 1: b"w"}, {0: b"m", 1: b"w"})
    assert pairs == Pairs((0, 1), frozenset((1,)))
    assert identities(before, after, pairs) == (("main", "was"), ("main", "was"))


def test_a_function_of_another_name_and_other_code_is_another_function() -> None:
    before, after = functions("main", "was"), functions("main", "is_now")
    guessed = Pairs((0, 1), frozenset((1,)))
    pairs = improved(guessed, before, after, {0: b"m", 1: b"w"}, {0: b"m", 1: b"n"})
    assert pairs == Pairs((0, -1), frozenset())
    assert pairs.removed(before) == [1]


@pytest.mark.parametrize("size", [1, 15])
def test_small_functions_are_alike_by_chance(size: int) -> None:
    before, after = [local("was", 0x10, size=size)], [local("now", 0x10, size=size)]
    assert improved(pair(before, after), before, after, {0: b"x"}, {0: b"x"}).places == (-1,)


def test_two_functions_with_the_code_of_one_that_is_gone_are_new() -> None:
    before, after = functions("was"), functions("one", "two")
    assert improved(pair(before, after), before, after, {0: b"x"}, {0: b"x", 1: b"x"}).places == (-1, -1)


def reached(*hits: int, build_id: str = "ab12", new: Image | None = None) -> Reached:
    run = measurement(
        [new or image(functions=program().functions, build_id=build_id)], [step("roundtrip")], {(0, 0): hits}
    )
    return Reached([Named("one.funkqa", run)])


def test_a_run_says_what_it_executed_of_changed_and_new_functions() -> None:
    every = [together(program("gone"), program(), "usage", "pack")]
    found = changes(OLD, NEW, every, [], (), reached(2))
    assert [(each.name, each.reach, each.steps) for each in found.functions] == [
        ("usage", Reach.COVERED, ("roundtrip",)),
        ("pack", Reach.MISSING, ()),
        ("gone", None, ()),
    ]
    assert (str(found.ratio), found.failed) == ("1/2 functions 50.0%", False)


@pytest.mark.parametrize(("minimum", "failed"), [(50, False), (51, True), (0, False), (100, True)])
def test_the_gate_is_missed_below_the_minimum(minimum: int, failed: bool) -> None:
    every = [together(program(), program(), "usage", "pack")]
    found = changes(OLD, NEW, every, [], (), reached(2), Fraction(minimum, 100))
    assert found.failed is failed


def test_a_rebuild_passes_every_gate() -> None:
    found = changes(OLD, NEW, [together(program(), program())], [], (), reached(), Fraction(1))
    assert not found.failed


def test_a_gate_never_passes_over_an_image_that_cannot_be_compared() -> None:
    unknown = [Unmeasured("bzip2", "/usr/bin/bzip2recover", "no debuginfo")]
    assert changes(OLD, NEW, [together(program(), program())], unknown, (), reached(), Fraction(1)).failed
    assert not changes(OLD, NEW, [together(program(), program())], unknown, (), reached()).failed


def test_a_run_of_another_build_says_nothing() -> None:
    found = changes(
        OLD, NEW, [together(program(), program(), "usage")], [], (), reached(2, build_id="cd34"), Fraction(1)
    )
    assert [each.reach for each in found.functions] == [Reach.UNMEASURED]
    assert found.failed


def test_several_runs_add_up() -> None:
    runs = [
        Named(name, measurement([program()], [step(name)], {(0, 0): hits}))
        for name, hits in (("one", (2,)), ("two", (2, 3)))
    ]
    found = changes(OLD, NEW, [together(program(), program(), "usage", "pack")], [], (), Reached(runs))
    assert [(each.reach, each.steps) for each in found.functions] == [
        (Reach.COVERED, ("one", "two")),
        (Reach.COVERED, ("two",)),
    ]


def test_an_excluded_function_stands_outside_the_ratio() -> None:
    new = program()
    excluded = [
        function(each.name, vaddr=each.vaddr, standing=Standing.EXCLUDED) if each.name == "usage" else each
        for each in new.functions
    ]
    run = reached(3, new=image(functions=excluded))
    found = changes(OLD, NEW, [together(program(), new, "usage", "pack")], [], (), run)
    assert str(found.ratio) == "1/1 functions 100.0%"


def test_code_that_is_compared_byte_by_byte_says_so() -> None:
    one = Side(program(), {})
    every = [Together(one, one, pair(program().functions, program().functions), Compared.BYTES)]
    assert changes(OLD, NEW, every, []).images[0].compared is Compared.BYTES
