import csv
from collections import Counter
from collections.abc import Callable
from io import StringIO

import pytest

from funkqa.analysis.coverage import cover
from funkqa.model.coverage import State
from funkqa.model.measurement import Measurement
from funkqa.report import table
from funkqa.report.plain import spelled
from tests import example_runs
from tests.examples import functions, image, measurement, step

RUNS = [
    example_runs.passed,
    example_runs.failed,
    example_runs.nothing,
    example_runs.exercised,
    example_runs.hostile,
    example_runs.hostile_names,
    example_runs.hostile_output,
]


def rows(run: Measurement) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(table.render(cover(run)), newline=""), strict=True))


@pytest.mark.parametrize("run", [example_runs.failed, example_runs.exercised])
def test_csv_is_as_the_golden_file_has_it(
    run: Callable[[], Measurement], golden: Callable[[str, str], None]
) -> None:
    golden(f"{run.__name__}.csv", table.render(cover(run())))


@pytest.mark.parametrize("run", RUNS)
def test_a_reader_counts_what_the_result_has(run: Callable[[], Measurement]) -> None:
    coverage = cover(run())
    states = Counter(row["state"] for row in rows(run()))
    for state in State:
        assert states[state.value] == sum(image.counts[state] for image in coverage.images)
    assert states[table.INLINED] == sum(len(image.image.inlined) for image in coverage.images)
    ratio = coverage.ratio
    assert (states["covered"], states["missing"], states["skipped"]) == (
        ratio.covered,
        ratio.missing,
        ratio.skipped,
    )


@pytest.mark.parametrize("run", RUNS)
def test_every_row_is_one_line_with_every_column(run: Callable[[], Measurement]) -> None:
    rendered = table.render(cover(run()))
    assert len(rendered.splitlines()) == len(rows(run())) + 1
    assert all(None not in row and None not in row.values() for row in rows(run()))
    assert all(line.isprintable() for line in rendered.split("\n"))


def test_names_are_as_they_are_but_for_what_a_spreadsheet_would_calculate() -> None:
    names = [row["function"] for row in rows(example_runs.hostile_names())]
    formulas = {"=HYPERLINK(1)", "-[Object method:]"}
    assert names == [f"'{n}" if n in formulas else spelled(n) for n in example_runs.HOSTILE_NAMES]


def test_the_steps_that_entered_a_function_are_named() -> None:
    found = {row["function"]: row["steps"] for row in rows(example_runs.failed())}
    assert found["main"] == "roundtrip; corrupt file; known bug"
    assert found["usage"] == ""


def test_steps_are_told_apart_whatever_their_names() -> None:
    """As pandas does it: Series.str.get_dummies("; ")."""
    names = ["a", "b", "a; b", "; ", ";;", "=SUM(A1)", 'x,"y"']
    run = measurement(
        [image(functions=functions("f"))],
        [step(name) for name in names],
        {(0, number): [0] for number in range(len(names))},
    )
    [row] = rows(run)
    assert row["steps"].split("; ") == ["a", "b", "a\\x3b b", "\\x3b ", "\\x3b\\x3b", "=SUM(A1)", 'x,"y"']
    [row] = rows(measurement([image(functions=functions("f"))], [step("=SUM(A1)")], {(0, 0): [0]}))
    assert row["steps"] == "'=SUM(A1)"
