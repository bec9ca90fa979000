"""Open a page of as many functions as the first argument says in Chromium; print how long people wait for it."""

import statistics
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from funkqa.analysis.coverage import cover
from tests.bench.timing import REPEATS, row
from tests.browser.pages import Browser, started, written
from tests.many_functions import many_functions

SEARCHES = ("Matrix<", "large reader_12", "o", "widget stream", "archive/block_0.cc")


def main(count: int) -> None:
    with TemporaryDirectory() as folder, started() as chrome:
        page = written(cover(many_functions(count)), Path(folder))
        browser = Browser(chrome)
        browser.emulate()
        paints = []
        for _ in range(REPEATS):
            browser.open(page)
            paints.append(browser.first_paint)
        browser.search("warm up")
        searches = [browser.search(text) for text in SEARCHES for _ in range(REPEATS)]
        sorts = [browser.sort(column) for column in ("size", "name", "state", "place", "steps")]
    row(f"page of {count:,} functions", "first paint", "search", "slowest search", "slowest sort")
    figures = (statistics.median(paints), statistics.median(searches), max(searches), max(sorts))
    row("in Chromium", *(f"{figure:.0f} ms" for figure in figures))


if __name__ == "__main__":
    main(int(sys.argv[1]))
