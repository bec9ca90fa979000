"""Report formats of changes by the names that the command line gives them."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from funkqa.model.change import Changes
from funkqa.report.changed import text


# Each renderer imports its module when it is called: junit-xml takes longer to import than the rest.
def _json(changes: Changes) -> str:
    from funkqa.report.changed import jsonreport

    return jsonreport.render(changes)


def _junit(changes: Changes) -> str:
    from funkqa.report.changed import junit

    return junit.render(changes)


def _junit_standard(changes: Changes) -> str:
    from funkqa.report.changed import junit

    return junit.render(changes, dialect="standard")


def _markdown(changes: Changes) -> str:
    from funkqa.report.changed import markdown

    return markdown.render(changes)


FORMATS: Mapping[str, Callable[[Changes], str]] = MappingProxyType(
    {
        "text": text.render,
        "json": _json,
        "junit": _junit,
        "junit-standard": _junit_standard,
        "markdown": _markdown,
    }
)
