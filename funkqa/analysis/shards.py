"""Splitting recipes into shards of about the same length: longest first, each to the shard with least work.

R. L. Graham, "Bounds on Multiprocessing Timing Anomalies", SIAM J. Appl. Math. 17 (1969): no schedule is shorter
than three quarters of this one, and no two shards differ by more than the longest recipe.
"""

from collections.abc import Mapping, Sequence
from heapq import heapreplace
from statistics import median

UNKNOWN_MS = 60_000
"""What a recipe is taken for where no duration is known at all."""


def expected_ms(recipes: Sequence[str], known: Mapping[str, Sequence[int]], setup_ms: int) -> dict[str, int]:
    """How long each recipe will take in milliseconds, ``setup_ms`` (for its installation) included.

    ``known`` are the durations of earlier runs, of which the median counts. A recipe that never ran is taken for
    one of median length.
    """
    medians = {recipe: int(median(known[recipe])) for recipe in recipes if known.get(recipe)}
    unknown = int(median(medians.values())) if medians else UNKNOWN_MS
    return {recipe: max(1, setup_ms + medians.get(recipe, unknown)) for recipe in recipes}


def split(durations: Mapping[str, int], count: int) -> tuple[tuple[str, ...], ...]:
    """``count`` shards, of which each recipe is in one; recipes of a shard stand in alphabetical order.

    The same durations always give the same shards, in whatever order they come. With more shards than recipes
    the last ones are empty.
    """
    shards: list[list[str]] = [[] for _ in range(count)]
    loads = [(0, number) for number in range(count)]
    for recipe in sorted(durations, key=lambda each: (-durations[each], each)):
        load, least = loads[0]
        shards[least].append(recipe)
        heapreplace(loads, (load + durations[recipe], least))
    return tuple(tuple(sorted(shard)) for shard in shards)


def shards_of(durations: Mapping[str, int], least_ms: int, most_ms: int) -> tuple[tuple[str, ...], ...]:
    """As many shards as last from ``least_ms`` to ``most_ms`` each, as near as can be to the middle of these.

    A shard is longer only if a single recipe is, which comes first, and shorter only where longer ones would be
    too long.
    """
    alone = sorted(recipe for recipe, duration in durations.items() if duration > most_ms)
    rest = {recipe: duration for recipe, duration in durations.items() if duration <= most_ms}
    shards = tuple((recipe,) for recipe in alone)
    return (*shards, *_shards_of(rest, least_ms, most_ms)) if rest else shards


def _shards_of(durations: Mapping[str, int], least_ms: int, most_ms: int) -> tuple[tuple[str, ...], ...]:
    total = sum(durations.values())
    fewest = -(-total // most_ms)
    middle = round(2 * total / (least_ms + most_ms))
    count = max(fewest, min(middle, total // least_ms), 1)
    while True:
        shards = split(durations, min(count, len(durations)))
        too_long = sum(load(durations, shard) > most_ms for shard in shards)
        if not too_long:
            return shards
        count += max(1, too_long // 2)


def load(durations: Mapping[str, int], shard: Sequence[str]) -> int:
    """How long a shard lasts."""
    return sum(durations[recipe] for recipe in shard)
