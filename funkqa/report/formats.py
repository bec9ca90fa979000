"""Report formats by the names that the command line gives them."""

from collections.abc import Callable, Mapping

from funkqa.model.coverage import Coverage
from funkqa.report.renderers import renderers

FORMATS: Mapping[str, Callable[[Coverage], str]] = renderers(
    "funkqa.report", "text", "json", "junit", "junit-standard", "html", "lcov", "cobertura", "csv", "markdown"
)
