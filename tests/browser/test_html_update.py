"""What an update changed, and what was started, on a page in a browser."""

from dataclasses import replace
from pathlib import Path

from selenium.webdriver.support.select import Select

from funkqa.analysis.coverage import cover
from tests import example_runs, example_updates
from tests.browser.pages import Browser, written
from tests.examples import execution

STARTS = 5_000


def test_changed_functions_are_marked_filtered_and_linked(browser: Browser, tmp_path: Path) -> None:
    page = written(example_updates.highlighted(), tmp_path)
    browser.open(page)
    assert browser.texts(".judgement") == ["3 of 6 changed and new functions executed, 50.0%"]
    assert browser.texts(".changes .name")[:3] == ["usage", "atomic_add", "BZ2_nowhere"]
    for title, names in (
        ("Changed ▲", ["atomic_add", "main", "usage"]),
        ("New ▲", ["bz2::block(int, char const*)", "cleanUpAndFail"]),
    ):
        browser.chip(title)
        assert sorted(browser.names) == names
        assert all("▲" in state for state in browser.texts(".functions .window .state"))
        browser.chip(title)
    browser.chip("Changed ▲")
    browser.chip("New ▲")
    assert len(browser.names) == 5
    browser.open(page, "#" + browser.chrome.current_url.split("#")[1])
    assert len(browser.names) == 5
    browser.chip("Incidental")
    assert browser.names == ["usage"]
    browser.click(".changes [data-row] a")
    assert browser.texts(".detail h3") == ["usage"]
    assert "▲ changed" in browser.texts(".detail dd")


def test_without_an_update_nothing_is_said_of_one(browser: Browser, failed: Path) -> None:
    browser.open(failed)
    assert not browser.value("document.querySelector('#update')")
    assert not [title for title in browser.texts(".chips button") if "▲" in title]


def test_the_log_shows_all_starts_or_those_of_a_program_or_step(browser: Browser, tmp_path: Path) -> None:
    run = example_runs.exercised()
    programs = ("/usr/bin/bzip2", "/usr/bin/grep", "/usr/bin/<b>\u202e")
    executions = tuple(
        execution(programs[n % 3], [programs[n % 3], f"file {n}"], step=n % 2, pid=n, measured=n % 3 == 0)
        for n in range(STARTS)
    )
    browser.open(written(cover(replace(run, executions=executions)), tmp_path))
    drawn = "document.querySelectorAll('.executions .window .row').length"
    assert browser.texts(".found.started") == ["5,000 starts"]
    assert browser.value(drawn) < 100
    Select(browser.one("#of-program")).select_by_visible_text("/usr/bin/grep (1,667)")
    assert browser.texts(".found.started") == ["1,667 of 5,000 starts"]
    assert set(browser.texts(".executions .window .path")) == {"/usr/bin/grep"}
    Select(browser.one("#started-in")).select_by_visible_text("every block size")
    assert browser.texts(".found.started") == ["834 of 5,000 starts"]
    assert browser.texts(".executions .window .name")[0] == "/usr/bin/grep 'file 1'"
    link = "[data-program*='u202e'] a"
    assert browser.texts(link) == ["1,666"]
    browser.click(link)
    assert browser.texts(".found.started") == ["1,666 of 5,000 starts"]
    assert set(browser.texts(".executions .window .path")) == {"/usr/bin/<b>\\u202e"}
    for width in (400, 1280):
        browser.emulate(width=width)
        assert browser.value("document.documentElement.scrollWidth <= innerWidth")
