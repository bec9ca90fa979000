"""Result file -> Measurement."""

import sqlite3
import zlib
from pathlib import Path

from funkqa.model.errors import ResultFileError
from funkqa.model.measurement import Measurement
from funkqa.store.inventory import read_images
from funkqa.store.opening import DAMAGED, NOT_OURS, opened
from funkqa.store.run import read_run, read_unmeasured
from funkqa.store.steps import read_faults, read_hits, read_statistics, read_steps

_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def read_result(path: Path) -> Measurement:
    """The measurement in a result file, as far as its last whole step if its run is still going or was killed.

    The file is untrusted: whatever is wrong with it is a ResultFileError.
    """
    try:
        with opened(path) as connection:
            return _measurement(connection)
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


def _measurement(connection: sqlite3.Connection) -> Measurement:
    run, complete = read_run(connection)
    images = read_images(connection)
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
    )
