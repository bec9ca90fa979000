"""A new result file with run and inventory, at its path whole or not at all."""

import errno
import os
import secrets
import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from funkqa.model.errors import FunkqaError, UsageError
from funkqa.model.measurement import RunRecord
from funkqa.model.plan import Image, Unmeasured
from funkqa.store.format import MAX_FILE_BYTES, MAX_ROWS, create_schema, limit
from funkqa.store.inventory import insert_images
from funkqa.store.run import insert_run, insert_unmeasured
from funkqa.system.files import sync


def create_file(path: Path, run: RunRecord, images: tuple[Image, ...], unmeasured: tuple[Unmeasured, ...]) -> None:
    """Build the file beside ``path``, then rename it; what stood at ``path`` is replaced by that.

    Raises UsageError for a place where no result file can be, FunkqaError if it can't be written.
    """
    if sum(len(image.functions) for image in images) > MAX_ROWS:
        raise FunkqaError(
            f"more than {MAX_ROWS} functions", where=str(path), hint="measure fewer packages at a time"
        )
    with write_errors(path):
        refuse_special(path)
        temporary = path.with_name(f".funkqa-{secrets.token_hex(8)}.partial")
        try:
            _reserve(temporary)
            _write_inventory(temporary, run, images, unmeasured)
            _replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def refuse_special(path: Path) -> None:
    """Raises UsageError for what is there and is no regular file: a rename would replace even /dev/null."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise UsageError("it is no regular file", where=str(path), hint="name another path for the result")


def connect(path: Path) -> sqlite3.Connection:
    """A connection to write with, to a file that exists."""
    # A reader may hold the file for as long as a large report takes to load.
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=60.0, isolation_level="IMMEDIATE"
    )
    limit(connection)
    page_bytes = connection.execute("PRAGMA page_size").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {MAX_FILE_BYTES // page_bytes}")
    connection.execute("PRAGMA trusted_schema = OFF")
    # Unless the removal of its journal is synced too, a power cut may take back a transaction that is over.
    connection.execute("PRAGMA synchronous = EXTRA")
    return connection


@contextmanager
def write_errors(path: Path) -> Iterator[None]:
    """Whatever keeps the file from being written, as one message with its path."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            raise _unwritable(path, reason) from error
        if isinstance(error, (FileNotFoundError, NotADirectoryError)) and not path.parent.is_dir():
            raise UsageError(
                "the folder of the result file is missing",
                where=str(path),
                hint=f"create it: mkdir -p {shlex.quote(str(path.parent))}",
            ) from error
        raise UsageError(
            f"no result file can be written here: {reason}",
            where=str(path),
            hint="name a path in a folder where you may write",
        ) from error
    except (sqlite3.Error, OverflowError) as error:
        raise _unwritable(path, str(error)) from error


def _unwritable(path: Path, reason: str) -> FunkqaError:
    return FunkqaError(
        f"the result file can't be written: {reason}",
        where=str(path),
        hint=f"look for free space: df -h {shlex.quote(str(path.parent))}",
    )


def _reserve(path: Path) -> None:
    """Create the file here and not in SQLite, which would follow a symlink that somebody put there."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))


def _write_inventory(
    path: Path, run: RunRecord, images: tuple[Image, ...], unmeasured: tuple[Unmeasured, ...]
) -> None:
    with closing(connect(path)) as connection:
        # Nobody needs half of this file, and all of it is synced below: no journal, no syncing on the way.
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        create_schema(connection)
        with connection:
            insert_run(connection, run)
            insert_unmeasured(connection, unmeasured)
            insert_images(connection, images)
    sync(path)


def _replace(temporary: Path, path: Path) -> None:
    # A journal that a killed run left at this path would be rolled back into the new file.
    for suffix in ("-journal", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    temporary.replace(path)
    sync(path.parent)
