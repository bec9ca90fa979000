"""A whole measurement as a result file: at its path all of it or nothing."""

import secrets
from pathlib import Path

from funkqa.model.measurement import Measurement
from funkqa.store.creation import refuse_special, write_errors
from funkqa.store.writer import ResultWriter


def write_result(path: Path, measurement: Measurement) -> None:
    """Write it beside ``path``, then rename it; what stood at ``path`` is replaced by that.

    Raises UsageError for a place where no result file can be, FunkqaError if it can't be written.
    """
    with write_errors(path):
        refuse_special(path)
    beside = path.with_name(f".funkqa-{secrets.token_hex(8)}.partial")
    try:
        with ResultWriter.create(beside, measurement.run, measurement.images, measurement.unmeasured) as writer:
            _write(writer, measurement)
        with write_errors(path):
            for suffix in ("-journal", "-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            beside.replace(path)
    finally:
        for leftover in (beside, beside.with_name(f"{beside.name}-journal")):
            leftover.unlink(missing_ok=True)


def _write(writer: ResultWriter, measurement: Measurement) -> None:
    last = len(measurement.steps) - 1
    for number, step in enumerate(measurement.steps):
        hits = {image: bits for (image, of_step), bits in measurement.hits.items() if of_step == number}
        between = (None,) if number == last else ()
        executions = [each for each in measurement.executions if each.step in (number, *between)]
        writer.append(step, hits, executions)
    for message in measurement.faults:
        writer.fault(message)
    if measurement.sources:
        writer.sources(measurement.sources)
    writer.shards(measurement.shards)
    writer.finish(measurement.statistics, complete=measurement.complete)
