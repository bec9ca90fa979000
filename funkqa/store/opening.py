"""An untrusted result file as a read-only connection, also one whose writer was killed in a transaction."""

import os
import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from shutil import copyfile
from stat import S_ISDIR, S_ISREG
from tempfile import TemporaryDirectory

from funkqa.model.errors import ForeignFileError, ResultFileError
from funkqa.store.format import (
    APPLICATION_ID,
    MAX_FILE_BYTES,
    USER_VERSION,
    expected_schema,
    limit,
    readable,
    schema_of,
)

NOT_OURS = "name a file that 'funkqa run' or 'funkqa trace' wrote (*.funkqa)"
DAMAGED = "copy it again from where it was written, or measure again"

_JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection in one read transaction, on a file whose declarations are exactly those of a result file.

    Raises ResultFileError, OSError or sqlite3.Error.
    """
    _check_header(path)
    _check_companions(path)
    with closing(_connect(path, "ro")) as connection:
        try:
            _begin(connection)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_READONLY_ROLLBACK:
                raise
        else:
            _check_schema(connection, path)
            yield connection
            return
    with TemporaryDirectory(prefix="funkqa-") as folder:
        copy = _copy_with_journal(path, Path(folder))
        with closing(_connect(copy, "rw")) as connection:
            _begin(connection)
            _check_schema(connection, path)
            yield connection


def _check_header(path: Path) -> None:
    """Say what is wrong in plain words before SQLite parses anything."""
    status = path.stat()
    if S_ISDIR(status.st_mode):
        raise ResultFileError("a folder is no result file", where=str(path), hint=NOT_OURS)
    if not S_ISREG(status.st_mode):
        raise ResultFileError("it is no regular file", where=str(path), hint=NOT_OURS)
    if status.st_size == 0:
        raise ResultFileError("the file is empty", where=str(path), hint=NOT_OURS)
    if status.st_size > MAX_FILE_BYTES:
        raise ResultFileError(
            f"the file is larger than {MAX_FILE_BYTES >> 20} MiB", where=str(path), hint=NOT_OURS
        )
    with path.open("rb") as file:
        header = file.read(100)
    if not header.startswith(b"SQLite format 3\0"):
        raise ForeignFileError("it is no result file: not an SQLite database", where=str(path), hint=NOT_OURS)
    if len(header) < 100:
        raise ResultFileError("the file is cut short", where=str(path), hint=DAMAGED)
    if int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise ForeignFileError("it is another program's SQLite database", where=str(path), hint=NOT_OURS)
    version = int.from_bytes(header[60:64], "big")
    if version > USER_VERSION:
        raise ResultFileError(
            f"written by a newer funkqa (format {version}, this one reads {USER_VERSION})",
            where=str(path),
            hint="update funkqa: zypper update funkqa",
        )
    if version != USER_VERSION or header[18:20] != b"\1\1":
        raise ResultFileError("its header is damaged", where=str(path), hint=DAMAGED)


def _check_companions(path: Path) -> None:
    """Files that SQLite opens by itself: it would follow a foreign write-ahead log, and wait for a FIFO."""
    journal = path.with_name(path.name + "-journal")
    foreign = path.with_name(path.name + "-wal")
    if journal.exists() and not journal.is_file():
        foreign = journal
    if os.path.lexists(foreign):
        raise ResultFileError(
            "a file lies beside it that funkqa doesn't write",
            where=str(path),
            hint=f"look at it, then remove it: rm {shlex.quote(str(foreign))}",
        )


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    # as_uri() quotes '?', '#' and '%', which would otherwise end the path.
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None)
    limit(connection)
    connection.text_factory = readable
    return connection


def _begin(connection: sqlite3.Connection) -> None:
    # mmap_size: a mapped file that somebody cuts short ends in SIGBUS.
    for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0", "query_only = ON"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN")
    connection.execute("SELECT 1 FROM sqlite_master").fetchone()


def _check_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Nothing but our tables: a view or trigger of a forged file would run SQL of its author's choice."""
    expected, found = expected_schema(), schema_of(connection)
    missing = sorted(name for kind, name, _ in expected - found if kind == "table")
    if missing:
        raise ResultFileError(
            f"tables are missing or declared otherwise: {', '.join(missing)}", where=str(path), hint=DAMAGED
        )
    if found != expected:
        raise ResultFileError("it declares more than a result file does", where=str(path), hint=DAMAGED)
    # Two cells that share pages would make a small file large in memory.
    problems = connection.execute("PRAGMA quick_check(1)").fetchone()
    if problems != ("ok",):
        raise ResultFileError(f"the file is damaged: {problems[0]}", where=str(path), hint=DAMAGED)


def _copy_with_journal(path: Path, folder: Path) -> Path:
    """A copy in which SQLite can roll back the transaction that a killed writer left behind.

    A read-only connection can't, and the original may be evidence or lie on read-only media. The journal goes
    first: should another program roll the original back meanwhile, rolling back its copy changes nothing.
    """
    journal = path.with_name(path.name + "-journal")
    copy = folder / "result.funkqa"
    copied = folder / "result.funkqa-journal"
    if journal.stat().st_size > 2 * MAX_FILE_BYTES:
        raise ValueError("its journal is too large")
    copyfile(journal, copied)
    copyfile(path, copy)
    with copied.open("rb") as file:
        file.seek(-8, 2)
        # Such a journal names a super-journal, any file, which SQLite would delete after the rollback
        # (pager_delsuper in pager.c). funkqa never writes one.
        if file.read() == _JOURNAL_MAGIC:
            raise ValueError("its journal is not funkqa's")
    return copy
