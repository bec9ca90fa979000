"""Names and output that others write: shown literally, in one notation, in every format; none breaks."""

import html
import json
import re
from collections.abc import Callable

import pytest

from funkqa.analysis.coverage import cover
from funkqa.model.measurement import Measurement
from funkqa.report.changed.formats import FORMATS as CHANGED
from funkqa.report.comparison.formats import FORMATS as COMPARISON
from funkqa.report.formats import FORMATS
from funkqa.report.release.formats import FORMATS as RELEASE
from tests import example_changes, example_comparisons, example_releases, example_runs
from tests.pagetext import unpacked

RUNS = [example_runs.hostile_output, example_runs.hostile, example_runs.hostile_names]
SUFFIXES = {
    "text": "txt",
    "json": "json",
    "junit": "openqa.xml",
    "junit-standard": "standard.xml",
    "html": "html",
    "lcov": "info",
    "cobertura": "cobertura.xml",
    "csv": "csv",
    "markdown": "md",
}
# Controls but the newline, marks and overrides of direction, surrogates, noncharacters.
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufffe\uffff]"
)


@pytest.mark.parametrize("name", FORMATS)
def test_hostile_names_and_output_are_as_the_golden_file_has_them(
    name: str, golden: Callable[[str, str], None]
) -> None:
    rendered = FORMATS[name](cover(example_runs.hostile_output()))
    golden(f"hostile.{SUFFIXES[name]}", unpacked(rendered) if name == "html" else rendered)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.__name__)
def test_no_format_of_a_run_has_a_hidden_character(name: str, run: Callable[[], Measurement]) -> None:
    rendered = FORMATS[name](cover(run()))
    assert not HIDDEN.search(unpacked(rendered) if name == "html" else rendered)


@pytest.mark.parametrize("name", COMPARISON)
def test_no_format_of_a_comparison_has_a_hidden_character(name: str) -> None:
    assert not HIDDEN.search(COMPARISON[name](example_comparisons.hostile()))


@pytest.mark.parametrize("name", CHANGED)
def test_no_format_of_changes_has_a_hidden_character(name: str) -> None:
    assert not HIDDEN.search(CHANGED[name](example_changes.hostile()))


@pytest.mark.parametrize("name", RELEASE)
def test_no_format_of_a_release_has_a_hidden_character(name: str) -> None:
    assert not HIDDEN.search(RELEASE[name](example_releases.hostile()))


@pytest.mark.parametrize("name", ["text", "html", "lcov", "cobertura", "csv", "markdown"])
def test_a_name_with_escapes_overrides_and_bytes_stands_in_one_notation(name: str) -> None:
    rendered = FORMATS[name](cover(example_runs.hostile_output()))
    text = unpacked(rendered).replace("\\\\", "\\") if name == "html" else rendered
    assert "/usr/bin/b\\x1b[1m\\u202ez\\xff" in text


@pytest.mark.parametrize("name", ["text", "html", "junit", "junit-standard"])
def test_output_stands_in_the_same_notation(name: str) -> None:
    """JUnit is without the sequences of colours alone."""
    rendered = html.unescape(FORMATS[name](cover(example_runs.hostile_output())))
    colour = "coloured" if name.startswith("junit") else "\\x1b[01;31m\\x1b[Kcoloured\\x1b[m\\x1b[K"
    for shown in (
        f"{colour} \\x1b[2J\\x1b]0;title\\x07 \\x00\n",
        "<script>alert(1)</script> & ]]> \\xff\\xfe \u20ac",
        "right-to-left \\u202egnp.exe \u05e9",
        "50%\\r100%",
    ):
        assert shown in rendered


def test_json_has_the_characters_themselves() -> None:
    document = json.loads(FORMATS["json"](cover(example_runs.hostile_output())))
    assert "\x1b[2J\x1b]0;title\x07 \x00\n" in document["steps"][0]["output"]
    assert "\\xff\\xfe \u20ac" in document["steps"][0]["output"]
    assert document["images"][0]["path"] == "/usr/bin/b\x1b[1m\u202ez\\xff"
