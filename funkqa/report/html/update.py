"""What an update changed and the run executed of it, as the page says it without its script."""

from typing import NamedTuple

from funkqa.model.coverage import Coverage
from funkqa.report import update
from funkqa.report.html.columns import first_rows
from funkqa.report.html.summary import Bar, bar

_MOST_FUNCTIONS = 100


class Row(NamedTuple):
    """A changed or new function; ``row`` is its row in the table of functions, None if it isn't measured."""

    name: str
    image: str
    change: str
    state: str
    outcome: str
    note: str
    row: int | None


class Update(NamedTuple):
    """``more`` functions have no row here."""

    builds: str
    headline: str
    bar: Bar
    rows: tuple[Row, ...]
    more: int
    notes: tuple[str, ...]


def _outcome(remark: str) -> tuple[str, str]:
    """``executed`` and ``by roundtrip``: a word, and what there is to be said of it."""
    word, by, steps = remark.partition(" by ")
    return ("not executed", remark) if word == "entered" else (word, f"by {steps}" if by else "")


def shown(coverage: Coverage) -> Update | None:
    """None if the reports highlight no update."""
    if coverage.update is None:
        return None
    functions = update.ranked(coverage.update)
    incidental = sum(each.covered is not None and each.covered.incidental for each in functions)
    first = first_rows(coverage)
    rows = tuple(
        Row(
            each.name,
            each.image,
            update.change(each),
            each.covered.state.value if each.covered else "skipped",
            *_outcome(update.remark(coverage, each)),
            first[each.place[0]] + each.place[1] if each.place else None,
        )
        for each in functions[:_MOST_FUNCTIONS]
    )
    return Update(
        builds=update.builds(coverage.update),
        headline=update.judgement(coverage.update),
        bar=bar(coverage.update.ratio, incidental),
        rows=rows,
        more=len(functions) - len(rows),
        notes=coverage.update.notes,
    )
