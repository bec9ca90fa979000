"""Report formats of a release by the names that the command line gives them."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from funkqa.model.release import ReleaseReport
from funkqa.report.renderers import renderers

FORMATS: Mapping[str, Callable[[ReleaseReport], str]] = renderers(
    "funkqa.report.release", "text", "json", "junit", "junit-standard", "html", "markdown"
)

SUFFIXES: Mapping[str, str] = MappingProxyType(
    {".html": "html", ".json": "json", ".xml": "junit", ".md": "markdown", ".txt": "text"}
)
"""The format that a file name means."""
