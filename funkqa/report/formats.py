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


FORMATS: Mapping[str, Callable[[Coverage], str]] = MappingProxyType(
    {"text": _text, "json": _json, "junit": _junit, "junit-standard": _junit_standard}
)
