"""Pages in a real browser: Debian's Chromium, driven by Selenium, without a network."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from funkqa.analysis.coverage import cover
from funkqa.model.coverage import Coverage
from tests import example_runs
from tests.browser.pages import Browser, started, written
from tests.many_functions import many_functions


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def chrome() -> Iterator[Chrome]:
    driver = started()
    yield driver
    driver.quit()


@pytest.fixture
def browser(chrome: Chrome) -> Iterator[Browser]:
    """A window of 1280 x 900 pixels; whatever the page asked for or complained about fails the test."""
    browser = Browser(chrome)
    browser.emulate()
    browser.log("browser")
    browser.log("performance")
    yield browser
    assert browser.log("browser") == []
    messages = [json.loads(entry["message"])["message"] for entry in browser.log("performance")]
    asked = [
        each["params"]["request"]["url"] for each in messages if each["method"] == "Network.requestWillBeSent"
    ]
    assert asked, "the log of requests is empty, so that it proves nothing"
    assert not [url for url in asked if not url.startswith(("file:///", "data:image/svg+xml,"))]


@pytest.fixture(scope="package")
def coverage() -> Coverage:
    return cover(many_functions(100_000))


@pytest.fixture(scope="package")
def large(coverage: Coverage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(coverage, tmp_path_factory.mktemp("large"))


@pytest.fixture(scope="package")
def few() -> Coverage:
    """Enough functions to scroll, and few enough for many loads."""
    return cover(many_functions(2_000))


@pytest.fixture(scope="package")
def small(few: Coverage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(few, tmp_path_factory.mktemp("small"))


@pytest.fixture
def failed(tmp_path: Path) -> Path:
    return written(cover(example_runs.failed()), tmp_path)
