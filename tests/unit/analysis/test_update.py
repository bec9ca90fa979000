"""Which functions of a run are those that an update changed."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funkqa.analysis.coverage import cover
from funkqa.analysis.update import updated
from funkqa.model.change import Changes
from funkqa.model.coverage import Coverage, Ratio, Update
from funkqa.model.plan import Image, Standing
from funkqa.model.units import BuildId, FileOffset, Vaddr
from tests import example_runs, example_updates
from tests.example_updates import changed, changes_of
from tests.examples import function, functions, image, measurement, step


def told(coverage: Coverage, changes: Changes) -> Update:
    marked = updated(coverage, changes)
    assert marked is not None
    assert marked.update is not None
    return marked.update


def run_of(*images: Image, covered: tuple[int, ...] = ()) -> Coverage:
    return cover(measurement(images, [step()], {(0, 0): covered}))


def test_changed_and_new_functions_are_counted_by_their_state() -> None:
    update = told(cover(example_runs.failed()), example_updates.changes())
    states = {each.name: each.covered.state.value if each.covered else None for each in update.functions}
    assert states == {
        "main": "covered",
        "usage": "missing",
        "cleanUpAndFail": "covered",
        "atomic_add": "skipped",
        "bz2::block(int, char const*)": "covered",
        "BZ2_nowhere": None,
    }
    assert update.ratio == Ratio(covered=3, missing=1, skipped=2)
    assert [each.name for each in update.functions if each.new] == [
        "cleanUpAndFail",
        "bz2::block(int, char const*)",
        "BZ2_nowhere",
    ]


def test_addresses_sizes_and_build_ids_do_not_matter() -> None:
    built = image(functions=functions("main", "pack"), build_id="aa")
    moved = tuple(
        replace(each, vaddr=Vaddr(each.vaddr + 0x9000), offset=FileOffset(each.offset + 0x9000), size=99)
        for each in reversed(built.functions)
    )
    rebuilt = replace(built, functions=moved, build_id=BuildId("bb"))
    update = told(run_of(rebuilt, covered=(0,)), changes_of([built], [changed(built, built.functions[1])]))
    [each] = update.functions
    assert each.place == (0, 0)
    assert update.ratio == Ratio(covered=1)


def test_a_library_is_known_by_its_soname_and_a_program_by_its_path() -> None:
    old = image("/usr/lib64/libbz2.so.1.0.8", functions("f"), soname="libbz2.so.1")
    new = replace(old, path="/usr/lib64/libbz2.so.1.0.9")
    assert told(run_of(new), changes_of([old], [changed(old, old.functions[0])])).functions[0].place == (0, 0)
    program = image("/usr/bin/a", functions("f"))
    assert updated(run_of(replace(program, path="/usr/bin/b")), changes_of([program], [])) is None


@pytest.mark.parametrize("other", [{"package": "gzip"}, {"arch": "s390x"}, {"path": "/usr/bin/gzip"}])
def test_changes_of_other_packages_architectures_and_files_are_refused(other: dict[str, str]) -> None:
    measured = image(functions=functions("main"))
    another = replace(measured, **other)  # type: ignore[arg-type]
    assert updated(run_of(measured), changes_of([another], [changed(another, another.functions[0])])) is None


def test_changes_of_files_without_a_package_fit_any_package() -> None:
    measured = image(functions=functions("main"))
    loose = replace(measured, package="")
    update = told(run_of(measured), changes_of([loose], [changed(loose, loose.functions[0])]))
    assert update.functions[0].place == (0, 0)


def test_functions_of_one_name_are_told_apart_by_file_line_and_size() -> None:
    twins = [
        function("init", local=True, unit="a.c", file="src/a.c", line=3, vaddr=1),
        function("init", local=True, unit="b.c", file="src/b.c", line=3, vaddr=2),
        function("init", local=True, unit="b.c", file="src/b.c", line=9, vaddr=3),
        function("init", local=True, unit="b.c", file="src/b.c", line=9, vaddr=4, size=99),
    ]
    program = image(functions=twins)
    for wanted in range(4):
        update = told(run_of(program), changes_of([program], [changed(program, twins[wanted])]))
        assert [each.place for each in update.functions] == [(0, wanted)]
    everything = told(run_of(program), changes_of([program], [changed(program, each) for each in reversed(twins)]))
    assert {each.place for each in everything.functions} == {(0, number) for number in range(4)}


def test_an_alias_is_the_function() -> None:
    built = image(functions=[function("main", names=("start",))])
    known = replace(built, functions=(function("start"),))
    assert told(run_of(built), changes_of([known], [changed(known, known.functions[0])])).functions[0].place


def test_what_the_recipe_excludes_does_not_count() -> None:
    program = image(functions=[function("main"), function("testf", standing=Standing.EXCLUDED)])
    update = told(run_of(program), changes_of([program], [changed(program, each) for each in program.functions]))
    assert [each.name for each in update.functions] == ["main"]


def test_a_run_of_another_build_is_noted() -> None:
    coverage, changes = cover(example_runs.failed()), example_updates.changes()
    assert not [note for note in told(coverage, changes).notes if "isn't the new build" in note]
    other = replace(changes, new=changes.new._replace(packages=("bzip2-1.0.9-1.x86_64",)))
    assert told(coverage, other).notes[0] == (
        "the run measured bzip2-1.0.8-5.1.x86_64, libbz2-1-1.0.8-5.1.x86_64, "
        "which isn't the new build of the changes"
    )


@given(st.lists(st.sampled_from("abcd"), max_size=8), st.lists(st.sampled_from("abcd"), max_size=8))
def test_each_change_is_listed_once_and_no_function_stands_for_two(here: list[str], there: list[str]) -> None:
    measured = image(functions=[function(name, vaddr=n) for n, name in enumerate(here, 1)])
    known = replace(measured, functions=tuple(function(name, vaddr=n) for n, name in enumerate(there, 1)))
    update = told(run_of(measured), changes_of([known], [changed(known, each) for each in known.functions]))
    assert [each.name for each in update.functions] == there
    places = [each.place for each in update.functions if each.place]
    assert len(places) == len(set(places)) == sum(min(here.count(name), there.count(name)) for name in "abcd")
    assert update.ratio.total == len(there)
