"""What to test next, as text: programs that no step runs, and source files with much code that nobody entered."""

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from funkqa.model.coverage import Coverage, FunctionCoverage, ImageCoverage, State
from funkqa.model.plan import Image
from funkqa.report.facts import STARTED, counted, entered, never_run, never_run_title
from funkqa.report.plain import spelled

WIDTH, NARROWEST = 80, 20
MOST = 10
"""Programs and source files that are told of; as many functions are named of a file."""

_COUNTED = (State.COVERED, State.MISSING, State.SKIPPED)


class Area(NamedTuple):
    """The functions of a source file that nobody entered, largest first, of ``total`` that count.

    ``images`` are those that have one of them. ``file`` is empty for functions whose source isn't known. A file
    that is compiled into several images has its functions in each of them.
    """

    file: str
    images: tuple[Image, ...]
    missing: tuple[FunctionCoverage, ...]
    total: int

    @property
    def size(self) -> int:
        """Their code, in bytes."""
        return sum(each.function.size for each in self.missing)


def suggestions(coverage: Coverage, width: int = WIDTH) -> str:
    """What a recipe doesn't test yet, most code first, and what to do about it; ``width`` columns wide."""
    return "".join(f"{line}\n" for line in _lines(coverage, width))


def areas(coverage: Coverage) -> tuple[Area, ...]:
    """The source files with missing functions, most code first; nothing of images that no step uses at all."""
    idle = {id(image) for image in (*never_run(coverage), *never_used(coverage))}
    found: dict[tuple[str, str], list[tuple[ImageCoverage, FunctionCoverage]]] = {}
    for image in coverage.images:
        if id(image) in idle:
            continue
        for each in image.functions:
            if each.state in _COUNTED:
                file = each.function.file or each.function.unit
                found.setdefault((file, "" if file else image.image.path), []).append((image, each))
    every = [_area(file, counted) for (file, _), counted in found.items()]
    ranked = sorted(every, key=lambda area: (-area.size, -len(area.missing), area.file))
    return tuple(area for area in ranked if area.missing)


def never_used(coverage: Coverage) -> tuple[ImageCoverage, ...]:
    """Libraries and plugins of which no step entered a function."""
    others = (image for image in coverage.images if image.image.role not in STARTED)
    return tuple(image for image in others if image.ratio.total and not entered(image))


def _area(file: str, functions: Sequence[tuple[ImageCoverage, FunctionCoverage]]) -> Area:
    missing = [(image, each) for image, each in functions if each.state is State.MISSING]
    missing.sort(key=lambda pair: (-pair[1].function.size, pair[1].function.demangled))
    images = {id(image): image.image for image, _ in missing}
    return Area(file, tuple(images.values()), tuple(each for _, each in missing), len(functions))


def _lines(coverage: Coverage, width: int) -> Iterator[str]:
    programs, libraries, uncovered = never_run(coverage), never_used(coverage), areas(coverage)
    yield "what to test next"
    if not programs and not libraries and not uncovered:
        yield from _folded("nothing: every function with a probe was entered", width, "  ")
        return
    if programs:
        yield from _idle(never_run_title(coverage), "no step runs", programs, width)
    if libraries:
        yield from _idle("libraries and plugins never used", "no step uses", libraries, width)
    if uncovered:
        yield from ("", *_folded("largest uncovered areas, by source file", width, "  "))
        for area in uncovered[:MOST]:
            yield from _folded(_told(area), width)
            yield from _folded(_named(area), width, "      ", "      ")
        if rest := uncovered[MOST:]:
            size, functions = sum(area.size for area in rest), sum(len(area.missing) for area in rest)
            more = f"and {counted(len(rest), 'more file')}: {counted(functions, 'function')}, {_bytes(size)}"
            yield from _folded(more, width)
    if any(each.incidental for area in uncovered[:MOST] for each in area.missing[:MOST]):
        yield ""
        yield from _folded(
            "(*) a step of prepare or finish enters it, which doesn't count: test it in execute", width
        )


def _idle(title: str, what: str, images: Sequence[ImageCoverage], width: int) -> Iterator[str]:
    yield from ("", *_folded(title, width, "  ", "  "))
    ranked = sorted(images, key=lambda image: (-_size(image), image.image.path))
    for image in ranked[:MOST]:
        told = f"{counted(image.ratio.total, 'function')}, {_bytes(_size(image))}"
        yield from _folded(f"{what} {spelled(image.image.path)}: {told}", width)
    if len(ranked) > MOST:
        yield f"    and {len(ranked) - MOST} more"


def _told(area: Area) -> str:
    functions = f"{len(area.missing):,} of {counted(area.total, 'function')} never entered"
    return f"{_where(area)}: {functions}, {_bytes(area.size)}"


def _named(area: Area) -> str:
    names = (f"{spelled(each.function.demangled)}{'(*)' if each.incidental else ''}" for each in area.missing)
    every = tuple(dict.fromkeys(names))
    return ", ".join(every[:MOST]) + (f", and {len(every) - MOST} more" if len(every) > MOST else "")


def _where(area: Area) -> str:
    files = [PurePosixPath(spelled(image.path)).name for image in area.images]
    told = files[0] if len(files) == 1 else f"{files[0]} and {counted(len(files) - 1, 'more image')}"
    return f"{spelled(area.file)} ({told})" if area.file else f"{told}, source unknown"


def _size(image: ImageCoverage) -> int:
    return sum(each.function.size for each in image.functions if each.state in _COUNTED)


def _bytes(size: int) -> str:
    return counted(size, "byte")


def _folded(text: str, width: int, first: str = "    ", further: str = "      ") -> list[str]:
    """In lines of this width, broken between words, or within one that is longer."""
    return textwrap.wrap(text, width, initial_indent=first, subsequent_indent=further, break_on_hyphens=False)
