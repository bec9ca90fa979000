"""What the shell completes, beyond what click does by itself."""

import os
from collections.abc import Iterable
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from funkqa.report.changed import formats as changed_formats
from funkqa.report.comparison import formats as comparison_formats
from funkqa.report.formats import FORMATS
from funkqa.report.release import formats as release_formats


def reports(_context: click.Context, _option: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """``FORMAT=``, and files behind it."""
    return _reports(FORMATS, incomplete)


def comparison_reports(_context: click.Context, _option: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The same for the formats of a comparison."""
    return _reports(comparison_formats.FORMATS, incomplete)


def release_reports(_context: click.Context, _option: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The same for the formats of a release."""
    return _reports(release_formats.FORMATS, incomplete)


def changed_reports(_context: click.Context, _option: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The same for the formats of changes."""
    return _reports(changed_formats.FORMATS, incomplete)


def _reports(formats: Iterable[str], incomplete: str) -> list[CompletionItem]:
    form, equals, path = incomplete.partition("=")
    if not equals:
        return [CompletionItem(f"{name}=") for name in formats if name.startswith(form)]
    folder, name = os.path.split(path)
    try:
        found = sorted(each for each in Path(folder or ".").iterdir() if each.name.startswith(name))
    except OSError:
        return []
    beside = os.path.join(folder, "")
    return [
        CompletionItem(f"{form}={beside}{each.name}{'/' if each.is_dir() else ''}")
        for each in found
        if name or not each.name.startswith(".")
    ]
