"""Links, groups and what traps cost."""

from array import array
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funkqa.model.errors import HostUnfit
from funkqa.model.plan import Probe, ProbePlan
from funkqa.model.units import FileOffset, ProbeId
from funkqa.system import files, kernel
from funkqa.trace import groups, links, session, trapcost
from funkqa.trace.groups import GROUP_SIZE, NO_LINK, Group, partition
from funkqa.trace.links import Placed
from funkqa.trace.program import cookie
from tests.compiling import readelf_functions, shared

GOOD, GUILTY = 50, (0, 7, 8, 31, 53)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Placed]]:
    """A shared object of 55 functions, some of which begin with a lock prefix, and a probe on each entry."""
    lines = []
    for number in range(GOOD + len(GUILTY)):
        body = "lock incl (%rdi); ret" if number in GUILTY else "push %rbp; pop %rbp; ret"
        lines += [f".globl f{number}; .type f{number}, @function; f{number}: {body}; .size f{number}, .-f{number}"]
    source = "__asm__(" + "\n".join(f'"{line};"' for line in lines) + ");"
    path = shared(tmp_path_factory.mktemp("mixed") / "libmixed.so", source, "-Wl,-z,noseparate-code")
    at = {row.name: row.vaddr for row in readelf_functions(path, ".symtab")}
    return path, [Placed(ProbeId(number), FileOffset(at[f"f{number}"]), 0) for number in range(GOOD + len(GUILTY))]


@pytest.mark.kernel
def test_a_refused_link_is_halved_down_to_exactly_the_guilty(
    program: int, mixed: tuple[Path, list[Placed]]
) -> None:
    path, probes = mixed
    with files.held(path) as held, links.mapped_for_execution(held):
        link, guilty = links.link_accepted(program, held, probes)
        kernel.close(link)
        assert tuple(guilty) == GUILTY
        assert links.link_accepted(program, held, [probes[number] for number in GUILTY]) == (-1, list(GUILTY))
        assert links.link_accepted(program, held, []) == (-1, [])


@pytest.mark.kernel
def test_what_the_kernel_refuses_leaves_the_group(program: int, mixed: tuple[Path, list[Placed]]) -> None:
    path, probes = mixed
    with files.held(path) as held:
        group = Group(0, held, range(len(probes)), tuple(probes))
        with links.mapped_for_execution(held):
            assert tuple(group.attach_verified(program)) == GUILTY
        kernel.close(group.link)
    assert group.link != NO_LINK
    assert [placed.probe for placed in group.live] == [n for n in range(len(probes)) if n not in GUILTY]
    assert group.probes == group.live
    assert group.round_s > 0


@pytest.mark.kernel
def test_an_error_that_is_about_no_probe_is_the_hosts_fault(mixed: tuple[Path, list[Placed]]) -> None:
    path, probes = mixed
    with files.held(path) as held, pytest.raises(HostUnfit) as caught:
        links.link_accepted(-1, held, probes[:1])
    assert caught.value.where == str(path)


@pytest.mark.kernel
def test_a_trap_is_measured_and_an_emulated_one_is_cheaper(program: int) -> None:
    emulated, stepped = trapcost.measure(program, 0)
    assert 50 < emulated < 20_000
    assert emulated < stepped <= trapcost.MAX_COST_NS


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**16 - 1), st.integers(0, 2**16 - 1))
def test_a_cookie_holds_probe_group_and_cost(probe: int, group: int, cost: int) -> None:
    made = cookie(ProbeId(probe), group, cost)
    assert (made & 0xFFFFFFFF, made >> 32 & 0xFFFF, made >> 48) == (probe, group, cost)


@given(st.lists(st.integers(0, 3), max_size=3000), st.sets(st.integers(0, 2999), max_size=20))
def test_counters_that_differ_are_the_hits(counters: list[int], hit: set[int]) -> None:
    hit = {number for number in hit if number < len(counters)}
    after = [count + (number in hit) for number, count in enumerate(counters)]
    grown = session._grown(array("Q", counters).tobytes(), array("Q", after).tobytes())
    assert list(grown) == sorted(hit)


@given(st.lists(st.integers(0, 9), max_size=6), st.integers(1, 7))
def test_groups_are_all_probes_in_order_of_one_image_each(counts: list[int], size: int) -> None:
    images = [image for image, count in enumerate(counts) for _ in range(count)]
    plan = ProbePlan((), (), tuple(Probe(image, 0, FileOffset(0), True) for image in images))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(groups, "GROUP_SIZE", size)
        spans = list(partition(plan))

    assert [number for span in spans for number in span] == list(range(len(images)))
    assert all(1 <= len(span) <= size for span in spans)
    assert all(len({images[number] for number in span}) == 1 for span in spans)
    assert len(spans) == sum(-(-count // size) for count in counts)


def test_a_group_is_no_larger_than_a_link_should_be() -> None:
    plan = ProbePlan((), (), (Probe(0, 0, FileOffset(0), True),) * (2 * GROUP_SIZE + 1))
    assert [len(span) for span in partition(plan)] == [GROUP_SIZE, GROUP_SIZE, 1]


def test_probes_whose_counter_stands_still_are_unseen(mixed: tuple[Path, list[Placed]]) -> None:
    path, probes = mixed
    with files.held(path) as held:
        group = Group(0, held, range(10, 13), (), live=[probes[n]._replace(probe=ProbeId(n)) for n in (10, 12)])
    before, now = array("Q", [5, 0, 7]).tobytes(), array("Q", [5, 9, 8]).tobytes()
    assert [placed.probe for placed in group.unseen(before, now)] == [10]
