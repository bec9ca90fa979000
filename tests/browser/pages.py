"""What the tests do with a page."""

import os
import shutil
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from funkqa.model.coverage import Coverage
from funkqa.report.html import page

_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
_SEARCH = "performance.getEntriesByName('funkqa-search').at(-1).duration"


def started() -> Chrome:
    """Chromium without a window, which logs what pages ask for."""
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


class Browser:
    """A browser window with one page of ours."""

    def __init__(self, chrome: Chrome) -> None:
        self.chrome = chrome

    def emulate(self, *, width: int = 1280, dark: bool = False, scripts: bool = True) -> None:
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        self.chrome.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not scripts})

    def open(self, path: Path, link: str = "", *, scripts: bool = True) -> None:
        """Load the page anew and wait until its script is done."""
        self.chrome.get("about:blank")
        self.chrome.get(f"{path.as_uri()}{link}")
        if scripts:
            self.until("'ready' in document.documentElement.dataset")

    def log(self, kind: str) -> list[dict[str, Any]]:
        """What was logged since it was last asked for: ``browser`` (the console) or ``performance`` (DevTools)."""
        return list(self.chrome.execute("getLog", {"type": kind})["value"])

    def run(self, script: str, *arguments: object) -> Any:
        return self.chrome.execute_script(script, *arguments)

    def value(self, expression: str) -> Any:
        return self.run(f"return {expression}")

    def until(self, expression: str) -> None:
        WebDriverWait(self.chrome, 60, poll_frequency=0.05).until(lambda _: self.value(expression), expression)

    def one(self, selector: str) -> WebElement:
        return self.chrome.find_element(By.CSS_SELECTOR, selector)

    def click(self, selector: str) -> None:
        """As from the keyboard: where an element lies under another doesn't matter."""
        self.run("document.querySelector(arguments[0]).click()", selector)

    def texts(self, selector: str) -> list[str]:
        found = self.run("return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)", selector)
        return [str(text) for text in found]

    @property
    def first_paint(self) -> float:
        """Milliseconds from the navigation to the first text on the screen."""
        return float(self.value(_PAINT))

    def search(self, text: str) -> float:
        """Search in the table of functions; the milliseconds that took, rows drawn."""
        script = "const box = document.querySelector('#search'); box.value = arguments[0];"
        self.run(script + "box.dispatchEvent(new Event('input'))", text)
        return float(self.value(_SEARCH))

    def sort(self, column: str) -> float:
        """Press the head of a column; the milliseconds that took, rows drawn."""
        places = {"state": 1, "name": 2, "place": 3, "size": 4, "steps": 5}
        self.click(f".functions .head > :nth-child({places[column]}) button")
        return float(self.value(_SEARCH))

    def chip(self, title: str) -> None:
        script = "for (const chip of document.querySelectorAll('.chips button'))"
        self.run(script + " if (chip.firstChild.textContent === arguments[0]) chip.click()", title)

    @property
    def found(self) -> str:
        return self.texts(".found")[0]

    @property
    def names(self) -> list[str]:
        """The names in the rows that are drawn, the first first."""
        return self.texts(".functions .window .name")

    @property
    def background(self) -> str:
        return str(self.value("getComputedStyle(document.body).backgroundColor"))


def written(coverage: Coverage, folder: Path) -> Path:
    """The page of a coverage, as a file."""
    path = folder / "report.html"
    path.write_text(page.render(coverage), "utf-8")
    return path
