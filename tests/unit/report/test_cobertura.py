"""Cobertura XML against its DTD, and as gcovr and pycobertura read it."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree
from pycobertura import Cobertura

from funkqa.analysis.coverage import cover
from funkqa.model.coverage import Ratio, State
from funkqa.model.measurement import Measurement
from funkqa.report import cobertura
from funkqa.report.plain import spelled
from tests import example_runs
from tests.examples import function, image, measurement

RUNS = [
    example_runs.passed,
    example_runs.failed,
    example_runs.nothing,
    example_runs.exercised,
    example_runs.hostile,
    example_runs.hostile_names,
    example_runs.hostile_output,
]
DTD = Path(__file__).parent / "schemas/coverage-04.dtd"

every_run = pytest.mark.parametrize("run", RUNS)


def parsed(run: Measurement) -> etree._Element:
    return etree.fromstring(cobertura.render(cover(run)).encode())


@pytest.mark.parametrize("run", [example_runs.passed, example_runs.failed, example_runs.exercised])
def test_cobertura_is_as_the_golden_file_has_it(
    run: Callable[[], Measurement], golden: Callable[[str, str], None]
) -> None:
    golden(f"{run.__name__}.cobertura.xml", cobertura.render(cover(run())))


@every_run
def test_cobertura_is_valid_against_its_dtd(run: Callable[[], Measurement]) -> None:
    dtd = etree.DTD(str(DTD))
    assert dtd.validate(parsed(run())), dtd.error_log


@every_run
def test_pycobertura_counts_the_functions_of_the_ratio(run: Callable[[], Measurement], tmp_path: Path) -> None:
    coverage = cover(run())
    path = tmp_path / "cobertura.xml"
    path.write_text(cobertura.render(coverage), encoding="utf-8")
    report = Cobertura(str(path))
    assert report.total_statements() == coverage.ratio.total
    assert report.total_hits() == coverage.ratio.covered
    assert report.line_rate() == pytest.approx(float(coverage.ratio.fraction), abs=0.0001)
    assert report.packages() == [spelled(each.image.path) for each in coverage.images if each.ratio.total]


@every_run
def test_gcovr_counts_each_line_that_declares_a_function(run: Callable[[], Measurement], tmp_path: Path) -> None:
    (tmp_path / "cobertura.xml").write_text(cobertura.render(cover(run())), encoding="utf-8")
    command = [sys.executable, "-m", "gcovr", "--cobertura-add-tracefile", "cobertura.xml", "--root", "/usr"]
    options = ["--filter", ".*", "--json-summary", "-"]
    done = subprocess.run([*command, *options], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    lines: dict[tuple[str, str], bool] = {}
    for each in parsed(run()).iterfind(".//class"):
        for line in each.iterfind("lines/line"):
            place = (each.get("filename", ""), line.get("number", ""))
            lines[place] = lines.get(place, False) or line.get("hits") == "1"
    assert (told["line_total"], told["line_covered"]) == (len(lines), sum(lines.values()))


@every_run
def test_every_function_of_the_ratio_is_a_method(run: Callable[[], Measurement]) -> None:
    coverage = cover(run())
    methods = [
        (method.get("name"), method.get("line-rate") == "1") for method in parsed(run()).iterfind(".//method")
    ]
    inside = (State.COVERED, State.MISSING, State.SKIPPED)
    expected = [
        (spelled(each.function.demangled), each.state is State.COVERED)
        for each_image in coverage.images
        for each in each_image.functions
        if each.state in inside
    ]
    assert sorted(map(repr, methods)) == sorted(map(repr, expected))


@every_run
def test_counts_and_rates_agree(run: Callable[[], Measurement]) -> None:
    root = parsed(run())
    for element in (root, *root.iterfind(".//package"), *root.iterfind(".//class")):
        hits = [line.get("hits") for line in element.iterfind(".//lines/line") if not _of_method(line)]
        assert element.get("line-rate") == cobertura.rate(Ratio(hits.count("1"), hits.count("0")))
    assert not re.search(r"&#", cobertura.render(cover(run())).replace("&amp;#", ""))


def _of_method(line: etree._Element) -> bool:
    parent = line.getparent()
    grandparent = None if parent is None else parent.getparent()
    return grandparent is not None and grandparent.tag == "method"


@pytest.mark.parametrize(
    ("ratio", "rate"),
    [
        (Ratio(0, 0), "0"),
        (Ratio(0, 9), "0"),
        (Ratio(9, 0), "1"),
        (Ratio(1, 1), "0.5000"),
        (Ratio(1, 99_999), "0.0001"),
        (Ratio(99_999, 0, 1), "0.9999"),
    ],
)
def test_a_rate_is_1_only_if_nothing_is_missing_and_0_only_if_nothing_ran(ratio: Ratio, rate: str) -> None:
    assert cobertura.rate(ratio) == rate


def test_a_name_is_shown_as_it_is() -> None:
    name = "bool ns::operator< <\"x\">('&')"
    run = measurement([image(functions=[function("f", demangled=name)])])
    (method,) = parsed(run).iterfind(".//method")
    assert method.get("name") == name
