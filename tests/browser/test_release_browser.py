"""The page of a release in a narrow window."""

from collections.abc import Callable
from pathlib import Path

import pytest

from funkqa.model.release import ReleaseReport
from funkqa.report.release import html
from tests import example_releases
from tests.browser.pages import Browser

CUT = """[...document.querySelectorAll(".card")].filter(card => card.scrollWidth > card.clientWidth).length"""
HIDDEN = """[...document.querySelectorAll("main td")].filter(
    cell => cell.textContent.trim() && !cell.closest("details") && !cell.getClientRects().length).length"""


@pytest.mark.parametrize("make", [example_releases.everything, example_releases.many, example_releases.hostile])
@pytest.mark.parametrize("width", [320, 400, 1280])
def test_no_table_of_a_release_is_cut_and_no_value_is_hidden(
    browser: Browser, tmp_path: Path, width: int, make: Callable[[], ReleaseReport]
) -> None:
    page = tmp_path / "release.html"
    page.write_text(html.render(make()), "utf-8")
    browser.emulate(width=width)
    browser.open(page, scripts=False)
    assert browser.value("document.documentElement.scrollWidth") <= width
    assert browser.value(CUT) == 0
    assert browser.value(HIDDEN) == 0
