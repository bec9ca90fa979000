"""Coverage as JUnit XML, which openQA reads in its formats JUnit and XUnit, and other tools in the standard one.

openQA's parsers differ: ``JUnit`` takes the suite's name from ``package`` and the results from a ``status`` that
no standard knows, and shows bodies and ``system-out``; ``XUnit`` takes the name from ``classname`` and ``name``,
the suite's result from its counters, and shows ``message``. So openQA's dialect says everything twice.
https://github.com/os-autoinst/openQA/tree/master/lib/OpenQA/Parser/Format

The standard dialect is what the schemas of Jenkins and of Maven Surefire have in common: the suite is the root,
every case has a ``time`` of three decimal places, ``skipped`` has no ``type``.
https://github.com/jenkinsci/xunit-plugin (junit-10.xsd)
https://maven.apache.org/surefire/maven-surefire-plugin/xsd/surefire-test-report-3.0.xsd
"""

import re
from collections.abc import Mapping, Sequence
from typing import Literal
from xml.etree import ElementTree

from junit_xml import TestCase, TestSuite

from funkqa.model.coverage import Coverage
from funkqa.report.cases import cases
from funkqa.report.plain import one_line
from funkqa.report.testcase import Case, Status

Dialect = Literal["openqa", "standard"]

_PROLOG = '<?xml version="1.0" encoding="UTF-8"?>\n'
_LONGEST_RECIPE = 100


def render(coverage: Coverage, *, dialect: Dialect = "openqa") -> str:
    """One suite, with a newline at the end; to be written as UTF-8."""
    name = suite_name(coverage.measurement.run.recipe)
    return written(name, cases(coverage), _properties(coverage), dialect)


def written(name: str, every: Sequence[Case], properties: Mapping[str, str], dialect: Dialect) -> str:
    """A suite of any cases; ``name`` is one that openQA doesn't change."""
    suite = _suite(name, every, properties)
    for element, case in zip(suite.iter("testcase"), every, strict=True):
        element.set("time", f"{case.time_s:.3f}")
        (_openqa if dialect == "openqa" else _standard)(element, case)
    if dialect == "openqa":
        suite.set("package", f"funkqa.{name}")
        suite.set("classname", "funkqa")
        if softfailures := sum(case.status is Status.SOFTFAIL for case in every):
            suite.set("softfailures", str(softfailures))
    ElementTree.indent(suite)
    return _PROLOG + ElementTree.tostring(suite, encoding="unicode") + "\n"


def suite_name(recipe: str) -> str:
    """A name that openQA doesn't change: ``funkqa_gtkplus-3_0`` of ``gtk+-3.0``."""
    safe = re.sub(r"[^A-Za-z0-9_-]", "_", recipe.replace("+", "plus"))
    return f"funkqa_{safe[:_LONGEST_RECIPE]}"


def _suite(name: str, every: Sequence[Case], properties: Mapping[str, str]) -> ElementTree.Element:
    tests = [_test(case, f"funkqa.{name}") for case in every]
    suite: ElementTree.Element = TestSuite(name, tests, properties=dict(properties)).build_xml_doc()
    # The schemas know no "disabled"; a sum of floats has too many digits.
    del suite.attrib["disabled"]
    suite.set("time", f"{sum(case.time_s for case in every):.3f}")
    return suite


def _test(case: Case, classname: str) -> TestCase:
    test = TestCase(case.name, classname, stdout=case.text)
    if case.status is Status.FAILURE:
        test.add_failure_info(message=case.text)
    elif case.status is Status.SKIPPED:
        test.add_skipped_info(message=case.text)
    return test


def _openqa(element: ElementTree.Element, case: Case) -> None:
    element.set("status", case.status.value)
    if tag := {Status.SUCCESS: "passed", Status.SOFTFAIL: "softfailure"}.get(case.status):
        element.insert(0, ElementTree.Element(tag, message=case.text))


def _standard(element: ElementTree.Element, case: Case) -> None:
    """The number as the message, and the text where readers of the standard look for it."""
    if case.status in (Status.SUCCESS, Status.SOFTFAIL):
        return
    (verdict, _) = element
    verdict.set("message", case.text.partition("\n")[0])
    verdict.text = case.text
    element[:] = [verdict]
    if case.status is Status.SKIPPED:
        del verdict.attrib["type"]


def _properties(coverage: Coverage) -> dict[str, str]:
    """What was measured, where; empty where it isn't known. The first measured package stands for all."""
    run = coverage.measurement.run
    package = next((package for package in run.packages if package.measured), None)
    name, nevra = (package.name, package.nevra) if package else ("", "")
    version, _, rest = nevra.removeprefix(f"{name}-").partition("-")
    release, _, arch = rest.rpartition(".")
    facts = run.environment
    values = {
        "package": name,
        "version": version,
        "distri": f"{facts.get('distri', '')} {facts.get('version', '')}",
        "release": release,
        "build": facts.get("build", ""),
        "arch": facts.get("arch", arch),
    }
    return {key: one_line(value) for key, value in values.items()}
