"""What was started: how often, what never was, what is not measured, and what has no record."""

import json
from dataclasses import replace

import pytest

from funkqa.analysis.coverage import cover
from funkqa.model.coverage import Coverage
from funkqa.report.formats import FORMATS
from tests.examples import execution, functions, image, measurement, package, step
from tests.pagetext import unpacked

STARTS, TOOLS = 5_000, 400
LOST = 12


@pytest.fixture(scope="module")
def coverage() -> Coverage:
    """Of two programs one is started often, one never; hundreds of tools are started once."""
    images = [
        image(functions=functions("main"), links=["/usr/bin/bzcat"]),
        image("/usr/bin/idle", functions("main")),
    ]
    starts = [execution("/usr/bin/bzip2", ["bzip2", f"{n}"], pid=n) for n in range(STARTS - TOOLS - 100)]
    starts += [execution("/usr/bin/bzcat", pid=n) for n in range(100)]
    starts += [
        execution(f"/usr/bin/tool{n}", package="tools" if n % 2 else "", measured=False, pid=n)
        for n in range(TOOLS)
    ]
    run = measurement(images, [step()], {(0, 0): [0]}, executions=starts, packages=[package()])
    return cover(replace(run, statistics={"executions_lost": float(LOST)}))


@pytest.mark.parametrize("name", ["text", "markdown", "junit", "junit-standard", "html"])
def test_starts_and_those_without_a_record_are_counted(name: str, coverage: Coverage) -> None:
    assert "5,000 starts of 402 programs; 12 more starts without a record" in FORMATS[name](coverage)


@pytest.mark.parametrize(
    ("name", "often", "unmeasured", "never"),
    [
        ("text", "/usr/bin/bzip2 of bzip2: 4,500 starts", "/usr/bin/tool1 of tools: 1 start", "  /usr/bin/idle\n"),
        (
            "markdown",
            "`/usr/bin/bzip2` of `bzip2` (4,500\u00d7)",
            "`/usr/bin/tool1` of `tools` (1\u00d7)",
            "`/usr/bin/idle`",
        ),
        (
            "junit",
            "/usr/bin/bzip2 of bzip2: 4,500 starts",
            "/usr/bin/tool1 of tools: 1 start",
            "programs never started:\n",
        ),
    ],
)
def test_programs_are_named_with_their_packages(
    name: str, often: str, unmeasured: str, never: str, coverage: Coverage
) -> None:
    rendered = FORMATS[name](coverage)
    for said in (often, unmeasured, never):
        assert said in rendered


def test_json_has_all_of_it(coverage: Coverage) -> None:
    document = json.loads(FORMATS["json"](coverage))
    assert document["executions_lost"] == LOST
    assert len(document["executions"]) == STARTS
    assert document["measured_programs"] == [
        {"path": "/usr/bin/bzip2", "package": "bzip2", "starts": 4_500},
        {"path": "/usr/bin/bzcat", "package": "bzip2", "starts": 100},
    ]
    assert len(document["not_measured_programs"]) == TOOLS
    assert document["never_run"] == ["/usr/bin/idle"]


def test_lists_for_people_stay_short(coverage: Coverage) -> None:
    assert len(FORMATS["text"](coverage).splitlines()) < 60
    assert len(FORMATS["markdown"](coverage).splitlines()) <= 60
    page = unpacked(FORMATS["html"](coverage)).partition('id="payload"')[0]
    assert page.count("/usr/bin/tool") == 2 * 200  # a cell, and what its number leads to
    assert "and 200 more, in the log" in page


def test_starts_without_any_record_are_told_too(coverage: Coverage) -> None:
    empty = replace(coverage, measurement=replace(coverage.measurement, executions=()))
    for name in ("text", "markdown", "junit", "html"):
        assert "12 starts without a record, too many at once" in FORMATS[name](empty)
