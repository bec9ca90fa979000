"""Report formats of a comparison by the names that the command line gives them."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from funkqa.model.comparison import Comparison
from funkqa.report.comparison import text


# Each renderer imports its module when it is called: jinja2 and junit-xml take longer to import than the rest.
def _json(comparison: Comparison) -> str:
    from funkqa.report.comparison import jsonreport

    return jsonreport.render(comparison)


def _junit(comparison: Comparison) -> str:
    from funkqa.report.comparison import junit

    return junit.render(comparison)


def _junit_standard(comparison: Comparison) -> str:
    from funkqa.report.comparison import junit

    return junit.render(comparison, dialect="standard")


def _markdown(comparison: Comparison) -> str:
    from funkqa.report.comparison import markdown

    return markdown.render(comparison)


def _html(comparison: Comparison) -> str:
    from funkqa.report.comparison import html

    return html.render(comparison)


FORMATS: Mapping[str, Callable[[Comparison], str]] = MappingProxyType(
    {
        "text": text.render,
        "json": _json,
        "junit": _junit,
        "junit-standard": _junit_standard,
        "html": _html,
        "markdown": _markdown,
    }
)
