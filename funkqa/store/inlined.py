"""Functions that exist only inlined: the table ``inlined``."""

from collections.abc import Mapping
from sqlite3 import Connection

from funkqa.model.plan import Inlined
from funkqa.store.format import storable
from funkqa.store.untrusted import INTEGER, OPTIONAL_TEXT, TEXT, in_order, read_rows


def insert_inlined(
    connection: Connection, image: int, inlined: tuple[Inlined, ...], numbers: dict[str, int]
) -> None:
    """``numbers`` are those of the texts so far; new texts get the next ones."""
    connection.executemany(
        "INSERT INTO inlined VALUES (?, ?, CAST(? AS TEXT), CAST(? AS TEXT), ?, ?, ?)",
        (
            (
                image,
                number,
                storable(function.name),
                storable(function.demangled) if function.demangled != function.name else None,
                numbers.setdefault(function.unit, len(numbers)),
                numbers.setdefault(function.file, len(numbers)),
                function.line,
            )
            for number, function in enumerate(inlined)
        ),
    )


def read_inlined(connection: Connection, image: int, texts: Mapping[int, str]) -> tuple[Inlined, ...]:
    """Those of one image."""
    inlined: list[Inlined] = []
    query = f"""SELECT number, name, demangled, unit, file, line FROM inlined WHERE image = {image}
                ORDER BY number"""
    kinds = (INTEGER, TEXT, OPTIONAL_TEXT, INTEGER, INTEGER, INTEGER)
    for number, name, demangled, unit, file, line in read_rows(connection, query, *kinds):
        in_order(number, len(inlined), "inlined function")
        inlined.append(Inlined(name, name if demangled is None else demangled, texts[unit], texts[file], line))
    return tuple(inlined)
