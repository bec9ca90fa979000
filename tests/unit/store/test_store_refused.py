"""A result file is untrusted: whatever is wrong with it is one message that names the file."""

import os
import sqlite3
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from funkqa.model.errors import ExitCode, ResultFileError
from funkqa.store.format import MAX_FILE_BYTES
from funkqa.store.reader import read_result
from funkqa.store.untrusted import INTEGER, OPTIONAL_TEXT, decompress, read_rows

from .values import forging, rich, write


def refusal(path: Path) -> ResultFileError:
    with pytest.raises(ResultFileError) as caught:
        read_result(path)
    assert caught.value.where == str(path)
    assert caught.value.hint
    assert caught.value.exit_code is ExitCode.USAGE
    return caught.value


def test_a_missing_file(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "r.funkqa").message
    assert "Not a directory" in refusal(write(tmp_path / "file", rich()) / "r.funkqa").message


def test_a_folder(tmp_path: Path) -> None:
    assert "folder" in refusal(tmp_path).message


def test_a_fifo_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "r.funkqa")

    assert "no regular file" in refusal(tmp_path / "r.funkqa").message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"<?xml version='1.0'?>" * 99, "not an SQLite database"),
        (b"SQLite format 3\0", "cut short"),
        (b"SQLite format 3\0" + bytes(84), "another program's"),
    ],
)
def test_a_file_that_is_no_result_file(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "r.funkqa"
    path.write_bytes(content)

    assert message in refusal(path).message


def test_a_file_above_the_size_limit(tmp_path: Path) -> None:
    path = write(tmp_path / "r.funkqa", rich())
    os.truncate(path, MAX_FILE_BYTES + 4096)

    assert "larger than 1024 MiB" in refusal(path).message


def test_the_database_of_another_program(tmp_path: Path) -> None:
    with forging(tmp_path / "r.funkqa") as connection:
        connection.execute("CREATE TABLE run (id)")

    assert "another program's" in refusal(tmp_path / "r.funkqa").message


def test_a_file_of_a_newer_funkqa_says_to_update(tmp_path: Path) -> None:
    path = write(tmp_path / "r.funkqa", rich())
    with forging(path) as connection:
        connection.execute("PRAGMA user_version = 2")

    error = refusal(path)

    assert "newer funkqa" in error.message
    assert "update funkqa" in error.hint


def test_a_file_in_another_journal_mode(tmp_path: Path) -> None:
    path = write(tmp_path / "r.funkqa", rich())
    with forging(path) as connection:
        connection.execute("PRAGMA journal_mode = WAL")

    assert "header is damaged" in refusal(path).message


def test_a_write_ahead_log_beside_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "r.funkqa", rich())
    path.with_name("r.funkqa-wal").write_bytes(b"pages of somebody else")

    assert refusal(path).hint.endswith("r.funkqa-wal")
    assert len(list(tmp_path.iterdir())) == 2


def test_a_fifo_in_place_of_the_journal_is_not_waited_for(tmp_path: Path) -> None:
    path = write(tmp_path / "r.funkqa", rich())
    os.mkfifo(path.with_name("r.funkqa-journal"))

    assert refusal(path).hint.endswith("r.funkqa-journal")


def test_a_file_that_another_program_locks(tmp_path: Path) -> None:
    path = write(tmp_path / "r.funkqa", rich())
    with forging(path) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        assert refusal(path).hint == "try again"


def test_a_truncated_file(tmp_path: Path) -> None:
    path = write(tmp_path / "r.funkqa", rich())
    whole = path.stat().st_size
    for size in (whole - 1, whole - 4096, whole // 2, 4096, 2048, 101, 99, 17, 1):
        os.truncate(path, size)
        refusal(path)


def statement(sql: str) -> Callable[[sqlite3.Connection], object]:
    return lambda connection: connection.executescript(sql)


def parameter(sql: str, value: object) -> Callable[[sqlite3.Connection], object]:
    return lambda connection: connection.execute(sql, (value,))


WRITABLE = "PRAGMA writable_schema = ON;"

FORGERIES = {
    "missing table": (statement("DROP TABLE faults"), "faults"),
    "more columns": (statement("ALTER TABLE steps ADD COLUMN more TEXT"), "steps"),
    "fewer columns": (statement("ALTER TABLE steps DROP COLUMN signal"), "steps"),
    "view for a table": (
        statement("DROP TABLE faults; CREATE VIEW faults AS SELECT 0 AS id, 'x' AS message"),
        "faults",
    ),
    "trigger": (statement("CREATE TRIGGER t AFTER INSERT ON run BEGIN DELETE FROM run; END"), "declares more"),
    "another table": (statement("CREATE TABLE more (id)"), "declares more"),
    "no run": (statement("DELETE FROM run"), "0 runs"),
    "two runs": (statement("INSERT INTO run SELECT 1, 'b','','','{}','{}','',0,0 FROM run"), "2 runs"),
    "complete is 2": (statement("UPDATE run SET complete = 2"), "0 or 1"),
    "measure is no JSON": (statement("UPDATE run SET measure = 'x'"), "damaged"),
    "measure is deep JSON": (parameter("UPDATE run SET measure = ?", "[" * 200_000), "damaged"),
    "measure is a list": (statement("UPDATE run SET measure = '[]'"), "measured against"),
    "measure lacks keys": (statement("UPDATE run SET measure = '{}'"), "measured against"),
    "pattern is no string": (
        statement("UPDATE run SET measure = json_set(measure, '$.include[0]', 1)"),
        "measured",
    ),
    "ratio with exponent": (statement("UPDATE run SET measure = json_set(measure, '$.skipped', '1e9')"), "ratio"),
    "ratio over zero": (statement("UPDATE run SET measure = json_set(measure, '$.skipped', '1/0')"), "ratio"),
    "ratio above one": (statement("UPDATE run SET measure = json_set(measure, '$.minimum', '3/2')"), "above 1"),
    "ratio below zero": (statement("UPDATE run SET measure = json_set(measure, '$.minimum', '-1/2')"), "ratio"),
    "environment is a list": (statement("UPDATE run SET environment = '[]'"), "environment"),
    "environment holds a number": (statement("""UPDATE run SET environment = '{"a": 1}'"""), "environment"),
    "missing package": (statement("DELETE FROM packages WHERE id = 0"), "package 0 is missing"),
    "negative package": (statement("UPDATE packages SET id = -1 WHERE id = 0"), "package 0 is missing"),
    "missing unmeasured file": (statement("UPDATE unmeasured SET id = 1"), "unmeasured file 0"),
    "missing image": (statement("DELETE FROM images WHERE id = 0"), "image 0 is missing"),
    "missing last image": (statement("DELETE FROM images WHERE id > 0"), "doesn't exist"),
    "links are no list": (statement("UPDATE images SET links = '{}'"), "list of strings"),
    "unknown role": (statement("UPDATE images SET role = 'daemon'"), "daemon"),
    "unknown debug status": (statement("UPDATE images SET debug = 'x'"), "'x'"),
    "missing function": (statement("DELETE FROM functions WHERE image = 1 AND function = 5"), "function 5"),
    "missing last function": (
        statement("DELETE FROM functions WHERE image = 1 AND function = 99"),
        "aren't those",
    ),
    "negative function": (statement("UPDATE functions SET function = -1 WHERE function = 0"), "function 0"),
    "another name": (statement("UPDATE functions SET name = 'other' WHERE function = 3"), "aren't those"),
    "another address": (statement("UPDATE functions SET vaddr = 1 WHERE function = 3"), "aren't those"),
    "aliases are no list": (statement("UPDATE functions SET aliases = '1' WHERE function = 3"), "list of strings"),
    "unknown text": (statement("UPDATE functions SET unit = -1 WHERE function = 3"), "damaged"),
    "unknown standing": (statement("UPDATE functions SET standing = 'x' WHERE function = 3"), "'x'"),
    "unknown reason": (statement("UPDATE functions SET reason = 'x' WHERE function = 3"), "'x'"),
    "skip of no image": (statement("INSERT INTO skips VALUES (3, 0, 'CHANGED')"), "doesn't exist"),
    "skip of no function": (statement("INSERT INTO skips VALUES (0, 4, 'CHANGED')"), "no function 4"),
    "skip of function -1": (statement("INSERT INTO skips VALUES (0, -1, 'CHANGED')"), "no function -1"),
    "skip for no reason": (statement("INSERT INTO skips VALUES (0, 1, 'BORED')"), "BORED"),
    "missing step": (statement("DELETE FROM steps WHERE id = 1"), "step 1 is missing"),
    "missing last step": (statement("DELETE FROM steps WHERE id = 2"), "don't exist"),
    "unknown outcome": (statement("UPDATE steps SET outcome = 'great'"), "great"),
    "unknown phase": (statement("UPDATE steps SET phase = 'cleanup'"), "cleanup"),
    "unknown respect": (statement("UPDATE steps SET result = 'none'"), "none"),
    "output is no zlib stream": (statement("UPDATE steps SET output = x'00ff'"), "damaged"),
    "output is cut short": (
        statement("UPDATE steps SET output = substr(output, 1, length(output) - 1)"),
        "cut short",
    ),
    "output has a tail": (parameter("UPDATE steps SET output = ?", zlib.compress(b"x") + b"x"), "behind it"),
    "missing fault": (statement("DELETE FROM faults WHERE id = 0"), "fault 0 is missing"),
    "bitmap with one bit too many": (parameter("UPDATE hits SET bitmap = ?", b"\x10"), "doesn't have"),
    "execution of a step that isn't there": (statement("UPDATE executions SET step = 3"), "doesn't exist"),
    "source of another length": (statement("UPDATE sources SET text_bytes = 3"), "isn't what was written"),
    "inlined functions of no image": (statement("UPDATE inlined SET image = 9"), "an image that doesn't exist"),
    "merged run in no state": (statement("UPDATE shards SET state = 'gone'"), "gone"),
    "merged run with a gap": (statement("DELETE FROM shards WHERE id = 0"), "merged run 0 is missing"),
    "merged run with endless figures": (
        statement("UPDATE shards SET statistics = '{\"x\": Infinity}'"),
        "no number",
    ),
    "merged run on no host": (statement("UPDATE shards SET environment = '[]'"), "something else"),
    "inlined functions with a gap": (statement("UPDATE inlined SET number = 5 WHERE number = 1"), "is missing"),
    "bitmap longer than its image": (parameter("UPDATE hits SET bitmap = ?", bytes(14)), "doesn't have"),
    "hits of no image": (statement("INSERT INTO hits VALUES (3, 0, x'')"), "don't exist"),
    "hits of image -1": (statement("INSERT INTO hits VALUES (-1, 0, x'')"), "don't exist"),
    "hits in no step": (statement("INSERT INTO hits VALUES (0, 3, x'')"), "don't exist"),
    "hits in step -1": (statement("INSERT INTO hits VALUES (0, -1, x'')"), "don't exist"),
    "text that is not UTF-8": (statement("UPDATE run SET recipe = CAST(x'ff' AS TEXT)"), "utf-8"),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_file_is_refused(tmp_path: Path, forgery: str) -> None:
    path = write(tmp_path / "r.funkqa", rich())
    forge, message = FORGERIES[forgery]
    with forging(path) as connection:
        forge(connection)

    assert message in refusal(path).message


def test_a_cell_of_the_wrong_type_is_refused_in_every_column(tmp_path: Path) -> None:
    """A forger isn't bound by the declared types: SQLite checks them on writing alone."""
    whole = write(tmp_path / "whole.funkqa", rich()).read_bytes()
    with forging(tmp_path / "whole.funkqa") as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE sql IS NOT NULL")]
        keys = ("id", "function", "image", "step", "number", "source_rpm")
        columns = [
            (table, column, kind)
            for table in tables
            for _, column, kind, *_ in connection.execute(f"PRAGMA table_info({table})")
            if column not in keys
        ]
    assert len(columns) > 50
    path = tmp_path / "r.funkqa"
    for table, column, kind in columns:
        path.write_bytes(whole)
        with forging(path) as connection:
            connection.executescript(
                f"{WRITABLE} UPDATE sqlite_master SET sql ="
                " replace(replace(sql, ') STRICT, ', ') '), ') STRICT', ')')"
            )
        wrong = "x'00'" if kind != "BLOB" else "'text'"
        with forging(path) as connection:
            if table == "skips":
                connection.execute("INSERT INTO skips VALUES (0, 0, 'CHANGED')")
            # One row: a column may be part of a key.
            chosen = f"WHERE {column} = (SELECT max({column}) FROM {table})"
            assert connection.execute(f"UPDATE {table} SET {column} = {wrong} {chosen}").rowcount
        with forging(path) as connection:
            connection.executescript(
                f"{WRITABLE} UPDATE sqlite_master SET sql ="
                " CASE WHEN sql LIKE '%WITHOUT ROWID' THEN replace(sql, ') WITHOUT', ') STRICT, WITHOUT')"
                " ELSE sql || ' STRICT' END WHERE sql IS NOT NULL"
            )
        assert "declare" not in refusal(path).message, (table, column)


def test_a_view_that_calls_itself_a_table_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "r.funkqa", rich())
    with forging(path) as connection:
        connection.execute("CREATE VIEW evil AS SELECT 0 AS id, load_extension('x') AS message")
        connection.executescript(
            f"{WRITABLE} DELETE FROM sqlite_master WHERE name = 'faults';"
            "UPDATE sqlite_master SET type = 'table', name = 'faults', tbl_name = 'faults' WHERE name = 'evil'"
        )

    assert "faults" in refusal(path).message


def test_a_compressed_output_is_never_longer_than_allowed() -> None:
    bomb = zlib.compress(bytes(100_000_000))

    with pytest.raises(ValueError, match="longer than the 1000 bytes"):
        decompress(bomb, 1000)
    assert decompress(zlib.compress(bytes(1000)), 1000) == bytes(1000)
    assert decompress(zlib.compress(b""), 0) == b""


def test_rows_are_checked_even_where_the_tables_are_not_strict() -> None:
    connection = sqlite3.connect(":memory:")
    connection.executescript("CREATE TABLE t (a, b); INSERT INTO t VALUES (1, NULL), (2, 'x'), ('3', 'x')")
    rows = read_rows(connection, "SELECT a, b FROM t", INTEGER, OPTIONAL_TEXT)

    assert [next(rows), next(rows)] == [(1, None), (2, "x")]
    with pytest.raises(ValueError, match="wrong type"):
        next(rows)
