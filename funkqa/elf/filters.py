"""``measure.include`` and ``measure.exclude``: which functions of the inventory count."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from funkqa.model.plan import Function, Standing
from funkqa.model.recipe import Measure

FILE, IMAGE = "file:", "image:"


def split(pattern: str) -> tuple[str, str]:
    """The prefix of a pattern (``file:``, ``image:`` or none), and its regular expression."""
    for prefix in (FILE, IMAGE):
        if pattern.startswith(prefix):
            return prefix, pattern.removeprefix(prefix)
    return "", pattern


def excluded(functions: Sequence[Function], measure: Measure, names: Iterable[str]) -> list[Function]:
    """The functions, those that the filters leave out as EXCLUDED; glue stays glue.

    A pattern is a regular expression that is searched in demangled names, or after ``file:`` in the path of the
    file that declares the function, or after ``image:`` in the ``names`` (paths, soname) of the image.
    """
    if not measure.include and not measure.exclude:
        return list(functions)
    names = tuple(names)
    include, exclude = _Filter(measure.include, names), _Filter(measure.exclude, names)
    return [
        function
        if function.standing is Standing.GLUE or ((include.empty or include(function)) and not exclude(function))
        else replace(function, standing=Standing.EXCLUDED, reason=None)
        for function in functions
    ]


class _Filter:
    """Patterns of one image; those about the image itself are decided at once."""

    def __init__(self, patterns: Sequence[str], names: Sequence[str]) -> None:
        self.empty = not patterns
        compiled = [(prefix, re.compile(text)) for prefix, text in map(split, patterns)]
        self.everything = any(each.search(name) for prefix, each in compiled if prefix == IMAGE for name in names)
        self.files = [pattern for prefix, pattern in compiled if prefix == FILE]
        self.names = [pattern for prefix, pattern in compiled if not prefix]

    def __call__(self, function: Function) -> bool:
        return (
            self.everything
            or any(pattern.search(function.demangled) for pattern in self.names)
            or any(pattern.search(function.file or function.unit) for pattern in self.files)
        )
