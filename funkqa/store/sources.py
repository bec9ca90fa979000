"""Source text of the measured functions: the table ``sources``."""

import zlib
from collections.abc import Mapping
from sqlite3 import Connection

from funkqa.store.format import MAX_SOURCE_BYTES, storable
from funkqa.store.untrusted import BLOB, INTEGER, TEXT, decompress, read_rows


def insert_sources(connection: Connection, sources: Mapping[tuple[str, str], str]) -> None:
    """(source RPM, file) -> text."""
    encoded = ((key, text.encode("utf-8", "surrogatepass")) for key, text in sources.items())
    connection.executemany(
        "INSERT INTO sources VALUES (CAST(? AS TEXT), CAST(? AS TEXT), ?, ?)",
        ((storable(rpm), storable(file), zlib.compress(text, 9), len(text)) for (rpm, file), text in encoded),
    )


def read_sources(connection: Connection) -> Mapping[tuple[str, str], str]:
    """As inserted, in the order of the keys."""
    sources: dict[tuple[str, str], str] = {}
    left = MAX_SOURCE_BYTES
    query = "SELECT source_rpm, file, text, text_bytes FROM sources ORDER BY source_rpm, file"
    for rpm, file, stored, size in read_rows(connection, query, TEXT, TEXT, BLOB, INTEGER):
        text = decompress(stored, left)
        left -= len(text)
        if len(text) != size:
            raise ValueError(f"the text of {file} isn't what was written")
        sources[rpm, file] = text.decode("utf-8", "surrogatepass")
    return sources
