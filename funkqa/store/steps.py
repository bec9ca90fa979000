"""What did run: the tables ``steps``, ``hits``, ``statistics`` and ``faults``."""

import zlib
from collections.abc import Mapping, Sequence
from sqlite3 import Connection

from funkqa.model.measurement import Outcome, StepResult
from funkqa.model.recipe import Phase, Respect
from funkqa.model.units import Bitmap
from funkqa.store.format import MAX_OUTPUT_BYTES, storable
from funkqa.store.untrusted import (
    BLOB,
    INTEGER,
    OPTIONAL_INTEGER,
    REAL,
    TEXT,
    decompress,
    in_order,
    read_rows,
)


def insert_step(connection: Connection, step: StepResult, hits: Mapping[int, Bitmap]) -> None:
    """Add a step behind those that are there, and its hits by image."""
    (number,) = connection.execute("SELECT count(*) FROM steps").fetchone()
    connection.execute(
        """INSERT INTO steps VALUES (?, CAST(? AS TEXT), ?, CAST(? AS TEXT), ?, ?, CAST(? AS TEXT),
                                     ?, ?, ?, ?, ?, ?)""",
        (
            number,
            storable(step.name),
            step.phase.value,
            storable(step.script),
            step.result.value,
            step.outcome.value,
            storable(step.reason),
            step.exit_code,
            step.signal,
            step.started,
            step.duration_s,
            zlib.compress(step.output),
            step.output_bytes,
        ),
    )
    connection.executemany(
        "INSERT INTO hits VALUES (?, ?, ?)",
        (
            (image, number, bitmap.to_bytes((bitmap.bit_length() + 7) // 8, "little"))
            for image, bitmap in hits.items()
        ),
    )


def insert_fault(connection: Connection, message: str) -> None:
    connection.execute("INSERT INTO faults SELECT count(*), CAST(? AS TEXT) FROM faults", (storable(message),))


def insert_statistics(connection: Connection, statistics: Mapping[str, float]) -> None:
    connection.executemany(
        "INSERT INTO statistics VALUES (?, CAST(? AS TEXT), ?)",
        ((number, storable(name), float(value)) for number, (name, value) in enumerate(statistics.items())),
    )


def read_steps(connection: Connection) -> tuple[StepResult, ...]:
    steps: list[StepResult] = []
    left = MAX_OUTPUT_BYTES
    query = """SELECT id, name, phase, script, result, outcome, reason, exit_code, signal, started, duration_s,
               output, output_bytes FROM steps ORDER BY id"""
    kinds = (INTEGER, *(TEXT,) * 6, OPTIONAL_INTEGER, OPTIONAL_INTEGER, REAL, REAL, BLOB, INTEGER)
    for number, name, phase, script, result, outcome, *rest in read_rows(connection, query, *kinds):
        in_order(number, len(steps), "step")
        reason, exit_code, signal, started, duration_s, output, output_bytes = rest
        kept = decompress(output, left)
        left -= len(kept)
        steps.append(
            StepResult(
                name=name,
                phase=Phase(phase),
                script=script,
                result=Respect(result),
                outcome=Outcome(outcome),
                reason=reason,
                exit_code=exit_code,
                signal=signal,
                started=started,
                duration_s=duration_s,
                output=kept,
                output_bytes=output_bytes,
            )
        )
    return tuple(steps)


def read_hits(connection: Connection, sizes: Sequence[int], steps: int) -> Mapping[tuple[int, int], Bitmap]:
    """``sizes[i]`` is the number of functions of image i."""
    hits: dict[tuple[int, int], Bitmap] = {}
    for image, step, stored in read_rows(
        connection, "SELECT image, step, bitmap FROM hits", INTEGER, INTEGER, BLOB
    ):
        if not (0 <= image < len(sizes) and 0 <= step < steps):
            raise ValueError(f"hits of image {image} in step {step}, which don't exist")
        bitmap = int.from_bytes(stored, "little") if len(stored) * 8 < sizes[image] + 8 else -1
        if bitmap < 0 or bitmap.bit_length() > sizes[image]:
            raise ValueError(f"hits of functions that image {image} doesn't have")
        hits[image, step] = Bitmap(bitmap)
    return hits


def read_statistics(connection: Connection) -> Mapping[str, float]:
    """A count comes back as the float that it was stored as."""
    statistics: dict[str, float] = {}
    query = "SELECT id, name, value FROM statistics ORDER BY id"
    for number, name, value in read_rows(connection, query, INTEGER, TEXT, REAL):
        in_order(number, len(statistics), "figure")
        statistics[name] = value
    return statistics


def read_faults(connection: Connection) -> tuple[str, ...]:
    faults: list[str] = []
    for number, message in read_rows(connection, "SELECT id, message FROM faults ORDER BY id", INTEGER, TEXT):
        in_order(number, len(faults), "fault")
        faults.append(message)
    return tuple(faults)
