"""The functions that a recipe says must run."""

import re
from collections.abc import Iterable, Iterator, Sequence

from funkqa.model.coverage import Expectation, FunctionCoverage, ImageCoverage, State
from funkqa.model.plan import Function

# What a demangler writes after a parameter list.
_QUALIFIERS = re.compile(r"(?: const| volatile| noexcept| ?&&?| \[[^\]]*\])*$")


def expectations(images: Sequence[ImageCoverage], names: Sequence[str]) -> tuple[Expectation, ...]:
    """One for each name, in the recipe's order. A name that several functions bear needs one of them to run."""
    if not names:
        return ()
    known: dict[str, bool] = dict.fromkeys(names, False)
    covered: dict[str, bool] = dict.fromkeys(names, False)
    for function in _functions(images):
        for name in spellings(function.function):
            if name in known:
                known[name] = True
                covered[name] |= function.state is State.COVERED
    return tuple(Expectation(name, known[name], covered[name]) for name in known)


def spellings(function: Function) -> Iterator[str]:
    """The names under which a recipe may expect a function."""
    yield from function.names
    yield function.demangled
    yield without_parameters(function.demangled)


def without_parameters(demangled: str) -> str:
    """``ns::f<int>`` of ``ns::f<int>(char (*)(int)) const``; a name without parameters as it is."""
    if "(" not in demangled:
        return demangled
    end = _QUALIFIERS.search(demangled)
    bare = demangled[: end.start()] if end else demangled
    if not bare.endswith(")"):
        return demangled
    depth = 0
    for index in range(len(bare) - 1, 0, -1):
        depth += {")": 1, "(": -1}.get(bare[index], 0)
        if not depth:
            return bare[:index]
    return demangled


def _functions(images: Iterable[ImageCoverage]) -> Iterator[FunctionCoverage]:
    for image in images:
        yield from image.functions
