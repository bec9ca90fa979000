"""The programs started in scope: the table ``executions``."""

import json
from collections.abc import Iterable
from sqlite3 import Connection

from funkqa.model.measurement import Execution
from funkqa.store.format import storable
from funkqa.store.untrusted import INTEGER, OPTIONAL_INTEGER, REAL, TEXT, flag, in_order, json_texts, read_rows


def insert_executions(connection: Connection, executions: Iterable[Execution]) -> None:
    """Add them behind those that are there."""
    (first,) = connection.execute("SELECT count(*) FROM executions").fetchone()
    connection.executemany(
        """INSERT INTO executions VALUES (?, ?, ?, ?, ?, ?, CAST(? AS TEXT), ?, CAST(? AS TEXT), ?)""",
        (
            (
                number,
                execution.step,
                execution.pid,
                execution.parent,
                execution.user,
                execution.started,
                storable(execution.path),
                json.dumps(execution.arguments),
                storable(execution.package),
                execution.measured,
            )
            for number, execution in enumerate(executions, first)
        ),
    )


def read_executions(connection: Connection, steps: int) -> tuple[Execution, ...]:
    """``steps`` is the number of steps in the file; one that was cut short isn't among them."""
    executions: list[Execution] = []
    query = """SELECT id, step, pid, parent, user, started, path, arguments, package, measured
               FROM executions ORDER BY id"""
    kinds = (INTEGER, OPTIONAL_INTEGER, INTEGER, INTEGER, INTEGER, REAL, TEXT, TEXT, TEXT, INTEGER)
    for number, step, pid, parent, user, started, path, arguments, package, measured in read_rows(
        connection, query, *kinds
    ):
        in_order(number, len(executions), "execution")
        if step is not None and not 0 <= step < steps:
            raise ValueError(f"a program of step {step}, which doesn't exist")
        executions.append(
            Execution(step, pid, parent, user, started, path, json_texts(arguments), package, flag(measured))
        )
    return tuple(executions)
