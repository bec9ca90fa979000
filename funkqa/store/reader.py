"""Result file -> Measurement."""

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from funkqa.model.errors import ResultFileError
from funkqa.model.measurement import Measurement, RunRecord
from funkqa.store.executions import read_executions
from funkqa.store.inventory import Inventories, read_images
from funkqa.store.opening import DAMAGED, NOT_OURS, opened
from funkqa.store.run import read_run, read_unmeasured
from funkqa.store.shards import read_shards
from funkqa.store.sources import read_sources
from funkqa.store.steps import read_faults, read_hits, read_statistics, read_steps
from funkqa.store.untrusted import REAL, TEXT, read_rows

_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class Heading(NamedTuple):
    """What a result file is about: its run, whether that is complete, and package and path of each image."""

    run: RunRecord
    complete: bool
    images: tuple[tuple[str, str], ...]


def read_result(path: Path, known: Inventories | None = None) -> Measurement:
    """The measurement in a result file, as far as its last whole step if its run is still going or was killed.

    ``known`` are the inventories of files read before, which need not be read again; those of this one are added.
    The file is untrusted: whatever is wrong with it is a ResultFileError.
    """
    with _untrusted(path), opened(path) as connection:
        return _measurement(connection, known)


def read_heading(path: Path) -> Heading:
    """The beginning of a result file, much quicker than the whole. Raises ResultFileError."""
    with _untrusted(path), opened(path) as connection:
        run, complete = read_run(connection)
        images = read_rows(connection, "SELECT package, path FROM images ORDER BY id", TEXT, TEXT)
        return Heading(run, complete, tuple((package, path) for package, path in images))


def read_time(path: Path) -> tuple[str, bool, float]:
    """Name of the recipe, whether its run is complete, and the seconds that its steps took."""
    with _untrusted(path), opened(path) as connection:
        run, complete = read_run(connection)
        steps = [duration_s for (duration_s,) in read_rows(connection, "SELECT duration_s FROM steps", REAL)]
        if not all(0 <= duration_s < float("inf") for duration_s in steps):
            raise ValueError("a step took no time that there is")
        return run.recipe, complete, sum(steps)


@contextmanager
def _untrusted(path: Path) -> Iterator[None]:
    """Whatever is wrong with a file, as one message."""
    try:
        yield
    except FileNotFoundError as error:
        raise ResultFileError("there is no such file", where=str(path), hint=NOT_OURS) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise ResultFileError(f"it can't be read: {reason}", where=str(path), hint=NOT_OURS) from error
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", None) in _BUSY:
            raise ResultFileError("a run is writing it", where=str(path), hint="try again") from error
        raise ResultFileError(f"the file is damaged: {error}", where=str(path), hint=DAMAGED) from error
    except (ValueError, LookupError, RecursionError, zlib.error) as error:
        raise ResultFileError(f"the file is damaged: {error}", where=str(path), hint=DAMAGED) from error


def _measurement(connection: sqlite3.Connection, known: Inventories | None) -> Measurement:
    run, complete = read_run(connection)
    images = read_images(connection, known)
    steps = read_steps(connection)
    return Measurement(
        run=run,
        images=images,
        unmeasured=read_unmeasured(connection),
        steps=steps,
        hits=read_hits(connection, [len(image.functions) for image in images], len(steps)),
        faults=read_faults(connection),
        complete=complete,
        statistics=read_statistics(connection),
        sources=read_sources(connection),
        executions=read_executions(connection, len(steps)),
        shards=read_shards(connection),
    )
