"""The HTML report but for its table of functions: pictures, source text, paper, themes, narrow windows."""

from dataclasses import replace
from pathlib import Path

import pytest

from funkqa.analysis.coverage import cover
from funkqa.report import html
from tests import example_runs
from tests.browser.pages import Browser, written
from tests.examples import function, image, measurement, step

SCRIPTS = Path(html.__file__).parent / "script"


def test_a_large_page_shows_itself_at_once(browser: Browser, large: Path) -> None:
    paints = []
    for _ in range(3):
        browser.open(large)
        paints.append(browser.first_paint)
    paint = min(paints)
    unpack, start = (
        browser.value(f"performance.getEntriesByName('funkqa-{name}')[0].duration") for name in ("unpack", "start")
    )
    print(f"first paint {paint:.0f} ms, unpacked in {unpack:.0f} ms, started in {start:.0f} ms")
    assert paint < 5000


def test_the_theme_switches_and_is_remembered(browser: Browser, large: Path) -> None:
    browser.open(large)
    light = browser.background
    browser.click("#theme")
    assert browser.background == light
    browser.click("#theme")
    dark = browser.background
    assert dark != light
    browser.open(large)
    assert browser.background == dark
    browser.click("#theme")
    assert browser.background == light
    browser.emulate(dark=True)
    browser.until(f"getComputedStyle(document.body).backgroundColor === '{dark}'")


def test_a_hostile_run_breaks_nothing(browser: Browser, tmp_path: Path) -> None:
    browser.open(written(cover(example_runs.hostile()), tmp_path))
    assert browser.found == "90 functions"
    browser.emulate(width=400)
    assert browser.value("document.documentElement.scrollWidth") <= 400


def test_the_map_leads_from_directories_to_a_function(browser: Browser, large: Path) -> None:
    browser.open(large)
    browser.until("document.querySelector('#map .children button') !== null")
    for _ in range(8):
        if browser.value("document.querySelector('.detail').hidden"):
            browser.click("#map .children button")
    [opened] = browser.texts(".detail h3")
    assert opened.startswith("large::")
    assert len(browser.texts(".crumbs [aria-current]")) == 1
    browser.run("document.querySelector('#map canvas').scrollIntoView()")


def test_pictures_are_drawn(browser: Browser, large: Path) -> None:
    browser.open(large)
    # Read from a copy: the browser complains of a canvas on its graphics card that is read again and again.
    browser.run("""
        globalThis.colours = (selector) => {
          const canvas = document.querySelector(selector);
          const {width, height} = canvas;
          const copy = Object.assign(document.createElement("canvas"), {width, height});
          const context = copy.getContext("2d", {willReadFrequently: true});
          context.drawImage(canvas, 0, 0);
          return new Set(new Uint32Array(context.getImageData(0, 9, 300, 9).data.buffer)).size;
        }""")
    for selector in ("#map canvas", "[data-strip='2']"):
        browser.run("document.querySelector(arguments[0]).scrollIntoView()", selector)
        browser.until(f'colours("{selector}") > 3')


def test_source_text_is_marked_by_what_became_of_its_functions(browser: Browser, tmp_path: Path) -> None:
    here = [function("used", file="a.c", line=2), function("unused", file="a.c", line=6, vaddr=0x2000)]
    run = measurement([image(functions=here)], [step()], {(0, 0): [0]})
    text = (
        "#include <b>&amp;\nint used(void)\n{\n\treturn 1;\n}\nvoid unused(void) { }\n// </script><script>\u202e\n"
    )
    run = replace(run, sources={(run.run.packages[0].source_rpm, "a.c"): text})
    path = written(cover(run), tmp_path)
    browser.open(path, "#function=unused")
    browser.click(".detail > button")
    browser.until("document.querySelectorAll('.listing .code').length === 8")
    marks = browser.run("return [...document.querySelectorAll('.listing .code')].map((line) => line.className)")
    assert [mark.removeprefix("code").split() for mark in marks] == [
        [], ["covered"], ["covered"], ["covered"], ["covered"], ["missing", "aimed"], [], []
    ]  # fmt: skip
    assert browser.texts(".listing code")[0] == "#include <b>&amp;"
    assert browser.texts(".listing code")[6] == "// </script><script>\\u202e"
    browser.click(".listing .covered button")
    assert browser.texts(".detail h3") == ["used"]


def test_in_a_narrow_window_nothing_lies_over_the_source(browser: Browser, tmp_path: Path) -> None:
    run = measurement([image(functions=[function("used", file="a.c", line=2)])], [step()], {(0, 0): [0]})
    run = replace(run, sources={(run.run.packages[0].source_rpm, "a.c"): "\nint used(void) { return 1; }\n"})
    browser.emulate(width=400)
    browser.open(written(cover(run), tmp_path), "#function=used")
    assert browser.one(".detail").is_displayed()
    browser.click(".detail > button")
    browser.until("document.querySelector('.listing .aimed') !== null")
    assert not browser.one(".detail").is_displayed()


def test_the_log_has_every_execution(browser: Browser, large: Path) -> None:
    browser.open(large)
    assert browser.one(".grid.executions").get_attribute("aria-rowcount") == "1001"
    assert "/usr/bin/sort" in browser.texts(".executions .window .path")
    assert "● yes" in browser.texts(".executions .window .extra")


def test_paper_is_light_and_the_screen_is_dark_again_afterwards(browser: Browser, failed: Path) -> None:
    browser.emulate(dark=True)
    browser.open(failed)
    dark = browser.background
    browser.run("addEventListener('afterprint', () => document.title = 'printed')")
    browser.run(
        "addEventListener('beforeprint', () => globalThis.printedTheme = document.documentElement.dataset.theme)"
    )
    printed = browser.chrome.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
    assert len(printed["data"]) > 20_000
    browser.until("document.title === 'printed'")
    assert browser.value("printedTheme") == "light"
    assert browser.background == dark


def test_a_part_never_reads_like_the_whole(browser: Browser, failed: Path) -> None:
    browser.open(failed)
    # Scripts keep what they define to themselves.
    scripts = "".join((SCRIPTS / f"{name}.js").read_text() for name in ("dom", "map"))
    shares = "[65720, 66050, 12000].map((part) => shareOf(part, 66050))"
    assert browser.value(f"(() => {{ {scripts} return {shares}; }})()") == [
        "65,720 of 66,050 B, 99.5%",
        "66 of 66 kB, 100.0%",
        "12 of 66 kB, 18.2%",
    ]


@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_is_wider_than_the_window(browser: Browser, failed: Path, width: int, dark: bool) -> None:
    browser.emulate(width=width, dark=dark)
    browser.open(failed)
    assert browser.value("document.documentElement.scrollWidth") <= width


def test_without_a_script_the_verdict_and_the_images_are_there(browser: Browser, failed: Path) -> None:
    browser.emulate(scripts=False)
    browser.open(failed, scripts=False)
    text = browser.one("body").text
    assert "FAILED" in text
    assert "61.5%" in text
    assert "/usr/bin/bzip2recover" in text
    assert "The table of functions, the map and source text need JavaScript" in text
    assert not browser.one("#map").is_displayed()
    assert not browser.one("#theme").is_displayed()
