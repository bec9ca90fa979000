"""Checks on what an untrusted result file holds. Each raises ValueError with what is wrong."""

import json
import zlib
from collections.abc import Iterator
from sqlite3 import Connection
from types import NoneType
from typing import Any

from funkqa.store.format import MAX_ROWS

Kind = tuple[type, ...]

INTEGER: Kind = (int,)
REAL: Kind = (float,)
TEXT: Kind = (str,)
BLOB: Kind = (bytes,)
OPTIONAL_INTEGER: Kind = (int, NoneType)
OPTIONAL_TEXT: Kind = (str, NoneType)


def read_rows(connection: Connection, query: str, *kinds: Kind) -> Iterator[tuple[Any, ...]]:
    """The rows of a query, each cell of the stated kind: a forged file may hold any type in any column."""
    known: set[tuple[type, ...]] = set()
    for number, row in enumerate(connection.execute(query)):
        found = tuple(map(type, row))
        if found not in known:
            if not all(cell in kind for cell, kind in zip(found, kinds, strict=True)):
                raise ValueError(f"a cell has the wrong type: {query}")
            known.add(found)
        if number >= MAX_ROWS:
            raise ValueError(f"more than {MAX_ROWS} rows: {query}")
        yield row


def in_order(number: int, expected: int, what: str) -> None:
    """Rows are numbered without a gap; ``number`` is what the file says, ``expected`` what comes next."""
    if number != expected:
        raise ValueError(f"{what} {expected} is missing")


def flag(value: int) -> bool:
    if value not in (0, 1):
        raise ValueError(f"{value} where 0 or 1 stands")
    return value == 1


def json_texts(text: str) -> tuple[str, ...]:
    """A JSON list of strings."""
    value = json.loads(text)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("a list of strings is something else")
    return tuple(value)


def decompress(stream: bytes, most: int) -> bytes:
    """A zlib stream of at most ``most`` bytes: a few kilobytes may claim to be gigabytes."""
    unzip = zlib.decompressobj()
    plain = unzip.decompress(stream, most + 1)
    if len(plain) > most:
        raise ValueError(f"a compressed text is longer than the {most} bytes that are left for it")
    if not unzip.eof or unzip.unused_data:
        raise ValueError("a compressed text is cut short or has something behind it")
    return plain
