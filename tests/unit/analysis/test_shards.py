"""Splitting recipes into shards: every recipe in one of them, always the same, of about the same length."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funkqa.analysis.shards import UNKNOWN_MS, expected_ms, load, shards_of, split

MINUTE = 60_000
durations = st.dictionaries(st.text("abcdefgh-_019", min_size=1), st.integers(1, 4 * 60 * MINUTE), max_size=60)
counts = st.integers(1, 70)


@given(durations, counts)
def test_shards_partition_the_recipes(known: dict[str, int], count: int) -> None:
    shards = split(known, count)
    assert len(shards) == count
    assert sorted(recipe for shard in shards for recipe in shard) == sorted(known)


@given(durations, counts, st.randoms())
def test_the_order_of_the_recipes_changes_nothing(known: dict[str, int], count: int, chance: Random) -> None:
    shuffled = list(known.items())
    chance.shuffle(shuffled)
    assert split(dict(shuffled), count) == split(known, count)
    assert shards_of(dict(shuffled), 15 * MINUTE, 30 * MINUTE) == shards_of(known, 15 * MINUTE, 30 * MINUTE)


@given(durations, counts)
def test_no_two_shards_differ_by_more_than_the_longest_recipe(known: dict[str, int], count: int) -> None:
    loads = [load(known, shard) for shard in split(known, count)]
    assert max(loads) - min(loads) <= max(known.values(), default=0)


@given(durations, counts)
def test_no_shard_is_empty_unless_there_are_more_than_recipes(known: dict[str, int], count: int) -> None:
    assert sum(not shard for shard in split(known, count)) == max(0, count - len(known))


@given(durations)
def test_jobs_partition_the_recipes_and_only_a_single_recipe_is_too_long(known: dict[str, int]) -> None:
    shards = shards_of(known, 15 * MINUTE, 30 * MINUTE)
    assert sorted(recipe for shard in shards for recipe in shard) == sorted(known)
    assert all(shards)
    for shard in shards:
        assert len(shard) == 1 or load(known, shard) <= 30 * MINUTE


@pytest.mark.parametrize(
    ("minutes", "loads"),
    [
        ([], []),
        ([5], [5]),
        ([10, 10, 9], [29]),
        ([10, 10, 13], [20, 13]),
        ([90, 10, 10], [90, 20]),
        ([16] * 6, [16] * 6),
        ([1] * 60, [20] * 3),
    ],
)
def test_jobs_last_as_long_as_they_may(minutes: list[int], loads: list[int]) -> None:
    known = {f"recipe-{number:02}": MINUTE * each for number, each in enumerate(minutes)}
    found = [load(known, shard) // MINUTE for shard in shards_of(known, 15 * MINUTE, 30 * MINUTE)]
    assert sorted(found) == sorted(loads)


@given(st.lists(st.integers(1, 5), min_size=40, max_size=400))
def test_jobs_of_many_short_recipes_last_fifteen_to_thirty_minutes(minutes: list[int]) -> None:
    known = {f"recipe-{number:03}": MINUTE * each for number, each in enumerate(minutes)}
    for shard in shards_of(known, 15 * MINUTE, 30 * MINUTE):
        assert 15 * MINUTE <= load(known, shard) <= 30 * MINUTE


def test_what_never_ran_is_taken_for_the_median() -> None:
    known = {"a": [1000, 3000, 90_000], "b": [7000], "gone": [1]}
    assert expected_ms(["a", "b", "c"], known, 500) == {"a": 3500, "b": 7500, "c": 5500}
    assert expected_ms(["a", "b"], {}, 0) == {"a": UNKNOWN_MS, "b": UNKNOWN_MS}
    assert expected_ms(["a"], {"a": [0]}, 0) == {"a": 1}
