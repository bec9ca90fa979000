"""What an update changed, as JUnit XML by the rules of ``funkqa/report/junit.py``: one suite."""

from collections.abc import Mapping
from pathlib import PurePosixPath

from funkqa.model.change import Changes
from funkqa.report import junit
from funkqa.report.changed.cases import cases
from funkqa.report.junit import Dialect
from funkqa.report.plain import one_line


def render(changes: Changes, *, dialect: Dialect = "openqa") -> str:
    """One suite, with a newline at the end; to be written as UTF-8. In the standard dialect a softfail passes."""
    return junit.written(_suite_name(changes), cases(changes), _properties(changes), dialect)


def _suite_name(changes: Changes) -> str:
    """``funkqa_changed_bzip2``: of the first package, or of the file."""
    name, *_ = _first(changes)
    return junit.suite_name(f"changed_{name or PurePosixPath(changes.new.name).name or 'files'}")


def _properties(changes: Changes) -> Mapping[str, str]:
    """Of the new build; empty where it isn't known."""
    name, version, release, arch = _first(changes)
    values = {"package": name, "version": version, "distri": "", "release": release, "build": "", "arch": arch}
    return {key: one_line(value) for key, value in values.items()}


def _first(changes: Changes) -> tuple[str, str, str, str]:
    """Name, version, release and architecture of the first package."""
    nevra = changes.new.packages[0] if changes.new.packages else ""
    rest, _, arch = nevra.rpartition(".")
    rest, _, release = rest.rpartition("-")
    name, _, version = rest.rpartition("-")
    return name, version, release, arch
