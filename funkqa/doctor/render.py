"""Findings as text and as JSON, ``funkqa/doctor/1``; ``doctor.schema.json`` beside this file is its schema."""

import json
from collections.abc import Iterator, Sequence
from textwrap import wrap

from funkqa.doctor.finding import Finding, required_failures

SCHEMA = "funkqa/doctor/1"
STATUS_WIDTH = len("inconclusive")
INDENT = " " * (STATUS_WIDTH + 2)


def text(findings: Sequence[Finding], *, width: int = 80) -> str:
    """A line for each finding; below one that isn't supported, what is lost and what to do."""
    names = max(len(finding.name) for finding in findings)
    lines = [line for finding in findings for line in _lines(finding, names, width)]
    failures = required_failures(findings)
    if failures:
        named = ", ".join(failure.name for failure in failures)
        verdict = f"This host can't be measured on. Missing: {named}."
    else:
        verdict = "This host can be measured on."
    return "\n".join([*lines, "", *wrap(verdict, width), ""])


def as_json(findings: Sequence[Finding], funkqa_version: str) -> str:
    document = {
        "schema": SCHEMA,
        "funkqa": funkqa_version,
        "fit": not required_failures(findings),
        "findings": [
            {
                "name": finding.name,
                "status": finding.status.value,
                "required": finding.required,
                "fact": finding.fact,
                "lost": finding.lost,
                "remedy": finding.remedy,
            }
            for finding in findings
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _lines(finding: Finding, names: int, width: int) -> Iterator[str]:
    head = f"{finding.status.value:{STATUS_WIDTH}}  {finding.name:{names}}  "
    optional = "" if finding.required or finding.is_supported else " (optional)"
    yield from _wrapped(head, " " * len(head), finding.fact + optional, width)
    if not finding.is_supported:
        yield from _wrapped(f"{INDENT}lost:   ", f"{INDENT}        ", finding.lost, width)
        yield from _wrapped(f"{INDENT}remedy: ", f"{INDENT}        ", finding.remedy, width)


def _wrapped(first: str, following: str, text: str, width: int) -> list[str]:
    return wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=following,
        break_on_hyphens=False,
        drop_whitespace=True,
    )
