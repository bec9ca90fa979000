"""The runs that a merged result is made of: the table ``shards``."""

import json
import math
from collections.abc import Iterable, Mapping
from sqlite3 import Connection
from typing import Any

from funkqa.model.measurement import Shard, ShardState
from funkqa.store.format import storable
from funkqa.store.untrusted import INTEGER, REAL, TEXT, in_order, json_texts, read_rows


def insert_shards(connection: Connection, shards: Iterable[Shard]) -> None:
    connection.executemany(
        """INSERT INTO shards VALUES (?, CAST(? AS TEXT), ?, ?, CAST(? AS TEXT), ?, ?, CAST(? AS TEXT),
                                      ?, ?, ?)""",
        (
            (
                number,
                storable(shard.name),
                shard.digest,
                shard.state.value,
                storable(shard.reason),
                shard.started,
                shard.covered,
                storable(shard.funkqa_version),
                json.dumps(dict(shard.environment)),
                json.dumps(dict(shard.statistics)),
                json.dumps(shard.faults),
            )
            for number, shard in enumerate(shards)
        ),
    )


def read_shards(connection: Connection) -> tuple[Shard, ...]:
    shards: list[Shard] = []
    query = """SELECT id, name, digest, state, reason, started, covered, funkqa_version, environment, statistics,
               faults FROM shards ORDER BY id"""
    kinds = (INTEGER, TEXT, TEXT, TEXT, TEXT, REAL, INTEGER, TEXT, TEXT, TEXT, TEXT)
    for number, name, digest, state, reason, started, covered, version, environment, *rest in read_rows(
        connection, query, *kinds
    ):
        in_order(number, len(shards), "merged run")
        statistics, faults = rest
        shards.append(
            Shard(
                name=name,
                digest=digest,
                state=ShardState(state),
                reason=reason,
                started=started,
                covered=covered,
                funkqa_version=version,
                environment=_object(environment, str),
                statistics=_figures(statistics),
                faults=json_texts(faults),
            )
        )
    return tuple(shards)


def _figures(text: str) -> Mapping[str, float]:
    figures = _object(text, float)
    if not all(map(math.isfinite, figures.values())):
        raise ValueError("a figure of a merged run is no number")
    return figures


def _object(text: str, kind: type) -> Mapping[str, Any]:
    """A JSON object whose values are all of one kind."""
    value = json.loads(text)
    if not isinstance(value, dict) or not all(isinstance(member, kind) for member in value.values()):
        raise ValueError("an object of a merged run holds something else")
    return value
