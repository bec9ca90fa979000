import subprocess
import sys

import pytest

from funkqa.analysis.coverage import cover
from funkqa.report.formats import FORMATS
from tests import example_runs


@pytest.mark.parametrize(
    ("name", "start"),
    [("text", "bzip2: PASSED"), ("json", "{"), ("junit", "<?xml"), ("junit-standard", "<?xml")],
)
def test_a_format_renders_under_its_name(name: str, start: str) -> None:
    assert FORMATS[name](cover(example_runs.passed())).startswith(start)


def test_naming_the_formats_imports_no_library() -> None:
    script = "import sys, funkqa.report.formats; print({'rich', 'junit_xml', 'jsonschema'} & set(sys.modules))"
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert printed == "set()\n"
