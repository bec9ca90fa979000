import subprocess
import sys

import pytest

from funkqa.analysis.coverage import cover
from funkqa.report.formats import FORMATS
from tests import example_runs


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("text", "bzip2: PASSED"),
        ("json", "{"),
        ("junit", "<?xml"),
        ("junit-standard", "<?xml"),
        ("html", "<!doctype html>"),
        ("lcov", "TN:\nSF:"),
        ("cobertura", "<?xml"),
        ("csv", "package,image,"),
        ("markdown", "### `bzip2`"),
    ],
)
def test_a_format_renders_under_its_name(name: str, start: str) -> None:
    assert FORMATS[name](cover(example_runs.passed())).lower().startswith(start.lower())


def test_naming_the_formats_imports_no_library() -> None:
    libraries = "{'rich', 'junit_xml', 'jsonschema', 'jinja2', 'csv'}"
    script = f"import sys, funkqa.report.formats; print({libraries} & set(sys.modules))"
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert printed == "set()\n"


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "html"])
def test_every_format_can_be_written_as_utf_8_and_ends_with_a_newline(name: str) -> None:
    for run in (example_runs.hostile, example_runs.hostile_names):
        rendered = FORMATS[name](cover(run()))
        rendered.encode()
        assert rendered.endswith("\n")
