"""What a run is about: the tables ``run``, ``packages`` and ``unmeasured``."""

import json
import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from sqlite3 import Connection
from typing import Any

from funkqa.model.measurement import MeasuredPackage, RunRecord
from funkqa.model.plan import Unmeasured
from funkqa.model.recipe import Measure
from funkqa.store.format import storable
from funkqa.store.untrusted import INTEGER, REAL, TEXT, flag, in_order, read_rows


def insert_run(connection: Connection, run: RunRecord) -> None:
    connection.execute(
        """INSERT INTO run VALUES (0, CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), ?, ?,
                                   CAST(? AS TEXT), ?, 0)""",
        (
            storable(run.recipe),
            storable(run.recipe_text),
            storable(run.summary),
            json.dumps(_measure_as_json(run.measure)),
            json.dumps(dict(run.environment)),
            storable(run.funkqa_version),
            run.started,
        ),
    )
    connection.executemany(
        "INSERT INTO packages VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), ?)",
        (
            (
                number,
                storable(package.nevra),
                storable(package.name),
                storable(package.source_rpm),
                package.measured,
            )
            for number, package in enumerate(run.packages)
        ),
    )


def insert_unmeasured(connection: Connection, unmeasured: Iterable[Unmeasured]) -> None:
    connection.executemany(
        "INSERT INTO unmeasured VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT))",
        (
            (number, storable(file.package), storable(file.path), storable(file.reason))
            for number, file in enumerate(unmeasured)
        ),
    )


def read_run(connection: Connection) -> tuple[RunRecord, bool]:
    """The run, and whether it is complete."""
    query = """SELECT id, recipe, recipe_text, summary, measure, environment, funkqa_version, started, complete
               FROM run"""
    rows = list(read_rows(connection, query, INTEGER, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, REAL, INTEGER))
    if len(rows) != 1:
        raise ValueError(f"it holds {len(rows)} runs")
    number, recipe, recipe_text, summary, measure, environment, version, started, complete = rows[0]
    in_order(number, 0, "run")
    run = RunRecord(
        recipe=recipe,
        recipe_text=recipe_text,
        summary=summary,
        measure=_measure_from_json(json.loads(measure)),
        packages=_read_packages(connection),
        environment=_environment_from_json(json.loads(environment)),
        funkqa_version=version,
        started=started,
    )
    return run, flag(complete)


def _read_packages(connection: Connection) -> tuple[MeasuredPackage, ...]:
    packages: list[MeasuredPackage] = []
    query = "SELECT id, nevra, name, source_rpm, measured FROM packages ORDER BY id"
    for number, nevra, name, source_rpm, measured in read_rows(
        connection, query, INTEGER, TEXT, TEXT, TEXT, INTEGER
    ):
        in_order(number, len(packages), "package")
        packages.append(MeasuredPackage(nevra, name, source_rpm, flag(measured)))
    return tuple(packages)


def read_unmeasured(connection: Connection) -> tuple[Unmeasured, ...]:
    unmeasured: list[Unmeasured] = []
    query = "SELECT id, package, path, reason FROM unmeasured ORDER BY id"
    for number, package, path, reason in read_rows(connection, query, INTEGER, TEXT, TEXT, TEXT):
        in_order(number, len(unmeasured), "unmeasured file")
        unmeasured.append(Unmeasured(package, path, reason))
    return tuple(unmeasured)


def _measure_as_json(measure: Measure) -> dict[str, object]:
    return {
        "include": measure.include,
        "exclude": measure.exclude,
        "expect": measure.expect,
        "minimum": None if measure.minimum is None else str(measure.minimum),
        "tolerance": str(measure.tolerance),
        "skipped": str(measure.skipped),
    }


def _measure_from_json(value: Any) -> Measure:
    match value:
        case {
            "include": [*include],
            "exclude": [*exclude],
            "expect": [*expect],
            "minimum": None | str() as minimum,
            "tolerance": str() as tolerance,
            "skipped": str() as skipped,
        } if all(isinstance(text, str) for text in (*include, *exclude, *expect)):
            return Measure(
                include=tuple(include),
                exclude=tuple(exclude),
                expect=tuple(expect),
                minimum=None if minimum is None else _ratio(minimum),
                tolerance=_ratio(tolerance),
                skipped=_ratio(skipped),
            )
    raise ValueError("what the run is measured against can't be read")


def _ratio(text: str) -> Fraction:
    """``3/5``, 0 or 1. Fraction itself also takes ``1e999999999``, and never comes back from it."""
    match = re.fullmatch(r"([0-9]{1,40})(?:/([0-9]{1,40}))?", text)
    if match is None or (denominator := int(match[2] or "1")) == 0:
        raise ValueError(f"{text[:99]!r} is no ratio")
    ratio = Fraction(int(match[1]), denominator)
    if ratio > 1:
        raise ValueError(f"the ratio {text} is above 1")
    return ratio


def _environment_from_json(value: Any) -> Mapping[str, str]:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise ValueError("the environment is no object of strings")
    return value
