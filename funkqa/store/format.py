"""The result file as SQLite sees it: its marks, its tables, its limits.

The marks stand in the database header (https://www.sqlite.org/fileformat.html#the_database_header).
"""

import re
import sqlite3
from functools import cache, lru_cache
from importlib.resources import files

APPLICATION_ID = int.from_bytes(b"fnqa", "big")
USER_VERSION = 1

MAX_FILE_BYTES = 1 << 30
MAX_CELL_BYTES = 64 << 20
MAX_OUTPUT_BYTES = 256 << 20
"""Kept output of all steps together, decompressed."""
MAX_SOURCE_BYTES = 256 << 20
"""Source text of all files together, decompressed."""
MAX_ROWS = 5_000_000
"""Of any one table; the largest programs have below a million functions."""

Schema = frozenset[tuple[str, str, str]]
"""(type, name, SQL without comments and spacing) of everything that a database declares."""


def create_schema(connection: sqlite3.Connection) -> None:
    """Mark an empty database as a result file and create its tables."""
    connection.executescript(
        f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {USER_VERSION};"
        + files("funkqa.store").joinpath("schema.sql").read_text("utf-8")
    )


@cache
def expected_schema() -> Schema:
    connection = sqlite3.connect(":memory:")
    try:
        create_schema(connection)
        return schema_of(connection)
    finally:
        connection.close()


def schema_of(connection: sqlite3.Connection) -> Schema:
    """What the database declares; comments may change within a version of the format, declarations may not.

    Stripping comments by their first ``--`` is sound only for a schema without quotes and block comments: ours
    has none, so a declaration that has any compares as different.
    """
    rows = connection.execute("SELECT type, name, sql FROM sqlite_master")
    return frozenset((str(kind), str(name), _bare(str(sql))) for kind, name, sql in rows)


@lru_cache(256)
def _bare(sql: str) -> str:
    return "".join(re.sub(r"--[^\n]*", "", sql).split())


def limit(connection: sqlite3.Connection) -> None:
    """The same for writing and reading, so that funkqa never writes what it would refuse to read."""
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_CELL_BYTES)
    connection.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, 64 << 10)
    connection.setlimit(sqlite3.SQLITE_LIMIT_COLUMN, 64)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.setlimit(sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 0)


def storable(text: str) -> str | bytes:
    """A text as a parameter of ``CAST(? AS TEXT)``.

    Paths that aren't UTF-8 carry lone surrogates, which SQLite's binding refuses; ``readable`` is the way back.
    """
    return text if text.isascii() else text.encode("utf-8", "surrogatepass")


def readable(text: bytes) -> str:
    """The ``text_factory`` of a connection that reads what ``storable`` wrote."""
    return text.decode("utf-8", "surrogatepass")
