"""Report formats by the names that the command line gives them."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from funkqa.model.coverage import Coverage


# Each renderer imports its module when it is called: rich and junit-xml take longer to import than the rest.
def _text(coverage: Coverage) -> str:
    from funkqa.report import text

    return text.render(coverage)


def _json(coverage: Coverage) -> str:
    from funkqa.report import jsonreport

    return jsonreport.render(coverage)


def _junit(coverage: Coverage) -> str:
    from funkqa.report import junit

    return junit.render(coverage)


def _junit_standard(coverage: Coverage) -> str:
    from funkqa.report import junit

    return junit.render(coverage, dialect="standard")


def _html(coverage: Coverage) -> str:
    from funkqa.report.html import page

    return page.render(coverage)


def _lcov(coverage: Coverage) -> str:
    from funkqa.report import lcov

    return lcov.render(coverage)


def _cobertura(coverage: Coverage) -> str:
    from funkqa.report import cobertura

    return cobertura.render(coverage)


def _csv(coverage: Coverage) -> str:
    from funkqa.report import table

    return table.render(coverage)


def _markdown(coverage: Coverage) -> str:
    from funkqa.report import markdown

    return markdown.render(coverage)


FORMATS: Mapping[str, Callable[[Coverage], str]] = MappingProxyType(
    {
        "text": _text,
        "json": _json,
        "junit": _junit,
        "junit-standard": _junit_standard,
        "html": _html,
        "lcov": _lcov,
        "cobertura": _cobertura,
        "csv": _csv,
        "markdown": _markdown,
    }
)
