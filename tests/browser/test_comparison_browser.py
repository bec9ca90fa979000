"""The page of a comparison in a narrow window."""

from collections.abc import Callable
from pathlib import Path

import pytest

from funkqa.model.comparison import Comparison
from funkqa.report.comparison import html
from tests import example_comparisons
from tests.browser.pages import Browser

CUT = """[...document.querySelectorAll(".card")].filter(card => card.scrollWidth > card.clientWidth).length"""
BROKEN = """[...document.querySelectorAll("h1 .arrow")].filter(a => a.getClientRects().length !== 1).length"""


@pytest.mark.parametrize("make", [example_comparisons.failed, example_comparisons.softfail])
@pytest.mark.parametrize("width", [320, 400, 1280])
def test_no_table_of_a_comparison_is_cut_and_no_arrow_is_broken(
    browser: Browser, tmp_path: Path, width: int, make: Callable[[], Comparison]
) -> None:
    page = tmp_path / "comparison.html"
    page.write_text(html.render(make()), "utf-8")
    browser.emulate(width=width)
    browser.open(page, scripts=False)
    assert browser.value("document.documentElement.scrollWidth") <= width
    assert browser.value("document.querySelectorAll('h1 .arrow').length") == 3
    assert browser.value(BROKEN) == 0
    assert browser.value(CUT) == 0
