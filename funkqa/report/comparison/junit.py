"""A comparison as JUnit XML by the rules of ``funkqa/report/junit.py``: one suite, ``funkqa_compare_<recipe>``."""

from collections.abc import Mapping

from funkqa.model.comparison import Comparison
from funkqa.report import junit
from funkqa.report.comparison.cases import cases
from funkqa.report.junit import Dialect
from funkqa.report.plain import one_line


def render(comparison: Comparison, *, dialect: Dialect = "openqa") -> str:
    """One suite, with a newline at the end; to be written as UTF-8. In the standard dialect a softfail passes."""
    return junit.written(suite_name(comparison.recipe), cases(comparison), _properties(comparison), dialect)


def suite_name(recipe: str) -> str:
    """``funkqa_compare_bzip2``."""
    return junit.suite_name(f"compare_{recipe}")


def _properties(comparison: Comparison) -> Mapping[str, str]:
    """Of the new run; empty where it isn't known."""
    facts = comparison.environment
    version, _, release = comparison.new.version.partition("-")
    values = {
        "package": comparison.package,
        "version": version,
        "distri": f"{facts.get('distri', '')} {facts.get('version', '')}",
        "release": release,
        "build": facts.get("build", ""),
        "arch": comparison.arch,
    }
    return {key: one_line(value) for key, value in values.items()}
