"""The table of ``recipes/README.md``: a row for each recipe, which can be replaced by itself."""

import re
import statistics
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

HEAD = """\
| recipe | package | functions | covered | ELF files | steps | runs | untraced | traced | ratio | flaky |
|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---|
"""
NAME = re.compile(r"\| \[([a-z0-9_-]+)\]\(")


class Pair(NamedTuple):
    """A run without probes and one with them, next to each other: seconds of the steps, and what was covered."""

    untraced_s: float
    traced_s: float
    covered: frozenset[str]


class Measured(NamedTuple):
    """What a row says of a recipe beside its pairs."""

    name: str
    packages: Sequence[str]
    covered: int
    total: int
    percent: str
    elf_files: int
    steps: int


def row(measured: Measured, pairs: Sequence[Pair]) -> str:
    """A line of the table: medians, and that of the pairs' own ratios."""
    cells = (
        f"[{measured.name}]({measured.name}.yaml)",
        "<br>".join(measured.packages),
        f"{measured.covered}/{measured.total}",
        measured.percent,
        str(measured.elf_files),
        str(measured.steps),
        str(len(pairs)),
        f"{statistics.median(pair.untraced_s for pair in pairs):.2f} s",
        f"{statistics.median(pair.traced_s for pair in pairs):.2f} s",
        f"{statistics.median(pair.traced_s / pair.untraced_s for pair in pairs):.2f}",
        ", ".join(flaky([pair.covered for pair in pairs])) or "none",
    )
    return f"| {' | '.join(cells)} |\n"


def flaky(runs: Collection[frozenset[str]]) -> Sequence[str]:
    """What some of the runs entered and not all, and how many did."""
    times = Counter(name for run in runs for name in run)
    return [f"{name} ({times[name]} of {len(runs)})" for name in sorted(times) if times[name] < len(runs)]


def with_rows(table: str, new: Mapping[str, str], recipes: Collection[str], machine: str) -> str:
    """The table with these rows in place of, or beside, those it has; rows of other recipes than ``recipes`` go.

    Raises ValueError if rows that stay were measured on another machine, or have other columns.
    """
    rows = {found[1]: line for line in table.splitlines(keepends=True) if (found := NAME.match(line))}
    stay = {name: line for name, line in rows.items() if name in recipes and name not in new}
    if stay and not (table.startswith(HEAD) and table.endswith(f"\n{machine}")):
        others = ", ".join(sorted(stay))
        raise ValueError(f"the table has other columns, or isn't of {machine.strip()!r}: measure {others} as well")
    lines = sorted((stay | dict(new)).items())
    return f"{HEAD}{''.join(line for _, line in lines)}\n{machine}"
