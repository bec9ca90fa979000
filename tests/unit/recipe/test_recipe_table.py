"""The table of recipes/README.md: what a row says, and which rows a measurement replaces."""

import pytest

from tests.bench.recipetable import HEAD, Measured, Pair, flaky, row, with_rows

HERE = "Linux 6.18, x86_64, 2 processors.\n"


def line(name: str, *pairs: Pair) -> str:
    return row(Measured(name, ["one-1-1.x86_64", "two-1-1.x86_64"], 3, 4, "75.0%", 2, 9), pairs)


def test_the_ratio_is_the_median_of_what_was_measured_together() -> None:
    """Were it the ratio of the medians, a machine that is busy now and then would show in it."""
    pairs = [Pair(seconds, seconds * slower, frozenset("f")) for seconds, slower in ((1, 3), (10, 1.2), (2, 1.1))]
    assert line("bzip2", *pairs) == (
        "| [bzip2](bzip2.yaml) | one-1-1.x86_64<br>two-1-1.x86_64 | 3/4 | 75.0% | 2 | 9 | 3"
        " | 2.00 s | 3.00 s | 1.20 | none |\n"
    )


def test_functions_that_some_runs_enter_are_named_with_how_many() -> None:
    assert flaky([frozenset("abc"), frozenset("ac"), frozenset("ad")]) == [
        "b (1 of 3)",
        "c (2 of 3)",
        "d (1 of 3)",
    ]
    assert flaky([frozenset("ab")] * 2) == []
    assert "a (1 of 2)" in line("xz", Pair(1, 1, frozenset("a")), Pair(1, 1, frozenset()))


def test_rows_are_replaced_one_by_one_and_sorted() -> None:
    first = with_rows("", {"tar": "| [tar](tar.yaml) | old |\n"}, ["bzip2", "tar", "xz"], HERE)
    second = with_rows(first, {"bzip2": "| [bzip2](bzip2.yaml) | new |\n"}, ["bzip2", "tar", "xz"], HERE)
    assert second == f"{HEAD}| [bzip2](bzip2.yaml) | new |\n| [tar](tar.yaml) | old |\n\n{HERE}"
    third = with_rows(second, {"tar": "| [tar](tar.yaml) | new |\n"}, ["tar", "xz"], HERE)
    assert third == f"{HEAD}| [tar](tar.yaml) | new |\n\n{HERE}"


@pytest.mark.parametrize("table", ["| recipe |\n|---|\n{}\n" + HERE, HEAD + "{}\nanother machine\n"])
def test_rows_that_dont_fit_beside_new_ones_are_refused(table: str) -> None:
    there = table.format("| [tar](tar.yaml) | old |\n")
    new = {"tar": "| [tar](tar.yaml) | new |\n"}
    with pytest.raises(ValueError, match="measure tar as well"):
        with_rows(there, {"bzip2": "| [bzip2](bzip2.yaml) | new |\n"}, ["bzip2", "tar"], HERE)
    assert with_rows(there, new, ["bzip2", "tar"], HERE) == f"{HEAD}{new['tar']}\n{HERE}"
