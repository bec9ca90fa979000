"""The runs that a merged result is made of, and what follows from them together."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from math import fsum
from posixpath import normpath

from funkqa.analysis.verdict import died
from funkqa.model.measurement import Measurement, Shard, ShardState

_STATES = tuple(ShardState)
_MOST_VALUES = 5

Known = dict[tuple[str, str], Shard]
"""By name and digest: one name may stand for several runs, of several folders."""


def shards_of(name: str, measurement: Measurement, covered: int) -> tuple[Shard, ...]:
    """Those of a merged result, or the one run itself. ``covered`` counts the functions that the run covers."""
    if measurement.shards:
        return measurement.shards
    run = measurement.run
    shard = Shard(
        name=name,
        digest=_digest(measurement),
        state=ShardState.COMPLETE if measurement.complete else ShardState.INCOMPLETE,
        reason=died(measurement),
        started=run.started,
        covered=covered,
        funkqa_version=run.funkqa_version,
        environment=dict(sorted(run.environment.items())),
        statistics=dict(sorted(measurement.statistics.items())),
        faults=measurement.faults,
    )
    return (shard,)


def tell(known: Known, shards: Iterable[Shard]) -> None:
    """Add what is told of some shards to what is known."""
    for shard in shards:
        before = known.setdefault((shard.name, shard.digest), shard)
        if _standing(shard) > _standing(before):
            known[shard.name, shard.digest] = shard


def best_known(known: Known) -> tuple[Shard, ...]:
    """All shards, sorted; of a name only what is in the best state that is known of it.

    So a run that was missing, or incomplete, is forgotten once its whole result is there, also under a longer or
    shorter path: ``sh/2.funkqa`` may be ``/srv/sh/2.funkqa``. Only whole results make others be forgotten so, and
    they stay, so that it doesn't matter in which order runs are merged.
    """
    best: dict[str, int] = {}
    for shard in known.values():
        best[shard.name] = max(best.get(shard.name, 0), _STATES.index(shard.state))
    whole = {end for shard in known.values() if shard.state is ShardState.COMPLETE for end in ends(shard.name)}
    whole_paths = {parts(shard.name) for shard in known.values() if shard.state is ShardState.COMPLETE}
    kept = (known[key] for key in sorted(known))
    return tuple(
        shard
        for shard in kept
        if shard.state is ShardState.COMPLETE
        or (
            _STATES.index(shard.state) == best[shard.name]
            and parts(shard.name) not in whole
            and whole_paths.isdisjoint(ends(shard.name))
        )
    )


def parts(name: str) -> tuple[str, ...]:
    """The path of a result file, without what doesn't tell it from others: ``./sh/1`` and ``../sh/1`` are one."""
    return tuple(part for part in normpath(name).split("/") if part not in ("", ".", ".."))


def ends(name: str) -> Iterator[tuple[str, ...]]:
    """``a/b/c``, ``b/c`` and ``c``."""
    path = parts(name)
    return (path[start:] for start in range(len(path)))


def environment(shards: Iterable[Shard]) -> Mapping[str, str]:
    """What the hosts have in common, and all values of what they don't."""
    values: dict[str, set[str]] = {}
    for shard in shards:
        for key, value in shard.environment.items():
            values.setdefault(key, set()).add(value)
    return {key: _listed(sorted(values[key])) for key in sorted(values)}


def funkqa_version(shards: Iterable[Shard]) -> str:
    return _listed(sorted({shard.funkqa_version for shard in shards if shard.digest}))


def statistics(shards: Iterable[Shard]) -> Mapping[str, float]:
    """The sums over all runs, each counted once; exact, so that the order of adding doesn't show."""
    runs = {shard.digest: shard.statistics for shard in shards if shard.digest}
    names = sorted({name for run in runs.values() for name in run})
    return {name: fsum(run.get(name, 0.0) for run in runs.values()) for name in names}


def faults(shards: Iterable[Shard]) -> tuple[str, ...]:
    """Each with the name of its run."""
    return tuple(f"{shard.name}: {fault}" for shard in shards for fault in shard.faults)


def _standing(shard: Shard) -> tuple[int, str]:
    return _STATES.index(shard.state), shard.reason


def _listed(values: Sequence[str]) -> str:
    more = f" and {len(values) - _MOST_VALUES} more" if len(values) > _MOST_VALUES else ""
    return ", ".join(values[:_MOST_VALUES]) + more


def _digest(measurement: Measurement) -> str:
    digest = sha256()
    for text in _told(measurement):
        digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
    for (image, step), bits in sorted(measurement.hits.items()):
        if bits:
            digest.update(f"{image} {step} ".encode() + bits.to_bytes((bits.bit_length() + 7) // 8, "little"))
    return digest.hexdigest()


def _told(measurement: Measurement) -> Iterator[str]:
    """All of a run that tells it from another; not the inventory, which the build IDs stand for."""
    run = measurement.run
    yield from (run.recipe, run.recipe_text, run.funkqa_version, repr(run.started), repr(measurement.complete))
    yield repr(run.packages)
    for mapping in (run.environment, measurement.statistics):
        yield json.dumps(sorted(mapping.items()))
    yield from measurement.faults
    for image in measurement.images:
        yield f"{image.path} {image.build_id} {len(image.functions)}"
    for step in measurement.steps:
        yield repr(step)
