"""``--include`` and ``--exclude``."""

import re

from funkqa.elf.filters import split
from funkqa.model.errors import UsageError
from funkqa.model.recipe import Measure


def measure_of(include: tuple[str, ...], exclude: tuple[str, ...]) -> Measure:
    """What is measured. Raises UsageError for what is no regular expression."""
    for pattern in (*include, *exclude):
        try:
            re.compile(split(pattern)[1])
        except re.error as error:
            raise UsageError(f"{pattern!r} is no regular expression: {error}") from error
    return Measure(include=include, exclude=exclude)
