"""The declarations of the result file."""

import sqlite3
from importlib.resources import files
from pathlib import Path

from funkqa.store.format import expected_schema, schema_of
from funkqa.store.inventory import inventory_sha256

from .values import forging, function, rich, write

SQL = files("funkqa.store").joinpath("schema.sql").read_text("utf-8")


def test_the_marks_of_a_file_are_readable_in_its_header(tmp_path: Path) -> None:
    header = write(tmp_path / "r.funkqa", rich()).read_bytes()[:100]

    assert header[68:72] == b"fnqa"
    assert header[60:64] == b"\0\0\0\1"


def test_every_column_has_a_comment_that_the_file_carries_along(tmp_path: Path) -> None:
    with forging(write(tmp_path / "r.funkqa", rich())) as connection:
        tables = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        assert len(tables) == 15
        for name, sql in tables:
            lines = {line.split()[0]: line for line in sql.splitlines()[1:]}
            for _, column, *_ in connection.execute(f"PRAGMA table_info({name})"):
                assert " -- " in lines[column], (name, column)


def test_the_schema_holds_nothing_that_would_blur_the_comparison_with_a_file() -> None:
    declarations = "".join(sql for _, _, sql in expected_schema())

    assert "CREATETABLErun(" in declarations
    assert not set(declarations) & set("'\"`[]/")


def test_a_changed_comment_is_the_same_schema_and_a_changed_word_is_not() -> None:
    def schema(sql: str) -> object:
        connection = sqlite3.connect(":memory:")
        connection.executescript(sql)
        return schema_of(connection)

    assert schema(SQL.replace("-- always 0: a file holds one run", "--other")) == expected_schema()
    assert schema(SQL.replace("summary TEXT NOT NULL", "summary TEXT")) != expected_schema()


def test_the_digest_tells_inventories_apart_by_what_a_bit_stands_for() -> None:
    inventories = [
        (),
        (function(0),),
        (function(0), function(1)),
        (function(1), function(0)),
        (function(0, "a", "b"),),
        (function(0, "a"), function(0, "b")),
    ]

    assert len({inventory_sha256(functions) for functions in inventories}) == len(inventories)
    assert inventory_sha256(inventories[1]) == inventory_sha256((function(0),))
