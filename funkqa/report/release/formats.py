"""Report formats of a release by the names that the command line gives them."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from funkqa.model.release import ReleaseReport
from funkqa.report.release import text


# Each renderer imports its module when it is called: jinja2 and junit-xml take longer to import than the rest.
def _json(report: ReleaseReport) -> str:
    from funkqa.report.release import jsonreport

    return jsonreport.render(report)


def _junit(report: ReleaseReport) -> str:
    from funkqa.report.release import junit

    return junit.render(report)


def _junit_standard(report: ReleaseReport) -> str:
    from funkqa.report.release import junit

    return junit.render(report, dialect="standard")


def _markdown(report: ReleaseReport) -> str:
    from funkqa.report.release import markdown

    return markdown.render(report)


def _html(report: ReleaseReport) -> str:
    from funkqa.report.release import html

    return html.render(report)


FORMATS: Mapping[str, Callable[[ReleaseReport], str]] = MappingProxyType(
    {
        "text": text.render,
        "json": _json,
        "junit": _junit,
        "junit-standard": _junit_standard,
        "html": _html,
        "markdown": _markdown,
    }
)

SUFFIXES: Mapping[str, str] = MappingProxyType(
    {".html": "html", ".json": "json", ".xml": "junit", ".md": "markdown", ".txt": "text"}
)
"""The format that a file name means."""
