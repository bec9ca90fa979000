"""Report formats of a comparison by the names that the command line gives them."""

from collections.abc import Callable, Mapping

from funkqa.model.comparison import Comparison
from funkqa.report.renderers import renderers

FORMATS: Mapping[str, Callable[[Comparison], str]] = renderers(
    "funkqa.report.comparison", "text", "json", "junit", "junit-standard", "html", "markdown"
)
