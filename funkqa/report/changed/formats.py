"""Report formats of changes by the names that the command line gives them."""

from collections.abc import Callable, Mapping

from funkqa.model.change import Changes
from funkqa.report.renderers import renderers

FORMATS: Mapping[str, Callable[[Changes], str]] = renderers(
    "funkqa.report.changed", "text", "json", "junit", "junit-standard", "markdown"
)
