"""What the shell completes, beyond what click does by itself."""

import os
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from funkqa.report.formats import FORMATS


def reports(_context: click.Context, _option: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """``FORMAT=``, and files behind it."""
    form, equals, path = incomplete.partition("=")
    if not equals:
        return [CompletionItem(f"{name}=") for name in FORMATS if name.startswith(form)]
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
