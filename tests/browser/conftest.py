"""Pages in a real browser: Debian's Chromium, driven by Selenium, without a network."""

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from funkqa.analysis.coverage import cover
from funkqa.model.coverage import Coverage
from tests import example_runs
from tests.browser.pages import Browser, written
from tests.many_functions import many_functions


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


def _started() -> Chrome:
    # No skip: who doesn't want these tests leaves them out with -m 'not browser'.
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    assert program, "no chromium; install it: apt-get install chromium"
    assert driver, "no chromedriver; install it: apt-get install chromium-driver"
    options = Options()
    options.binary_location = program
    for argument in ("--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1280,900"):
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return Chrome(options=options, service=Service(driver))


@pytest.fixture(scope="session")
def chrome() -> Iterator[Chrome]:
    driver = _started()
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


@pytest.fixture(scope="session")
def coverage() -> Coverage:
    return cover(many_functions(100_000))


@pytest.fixture(scope="session")
def large(coverage: Coverage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(coverage, tmp_path_factory.mktemp("large"))


@pytest.fixture
def failed(tmp_path: Path) -> Path:
    return written(cover(example_runs.failed()), tmp_path)
