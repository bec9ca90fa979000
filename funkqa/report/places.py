"""Where functions stand in source files, for formats that know files and lines only."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from funkqa.model.coverage import Coverage, FunctionCoverage, ImageCoverage, State
from funkqa.report.plain import spelled

SOURCES = "/usr/src/debug"
"""Where -debugsource packages lay source files, in a folder for each source package and architecture."""

NO_SOURCE = ".functions"
"""Ends the name of a file that doesn't exist: an image's functions of unknown origin, one on a line."""

COUNTED = frozenset((State.COVERED, State.MISSING, State.SKIPPED))
"""The states inside the ratio."""


class Place(NamedTuple):
    """A function of the ratio on a line (from 1) of the file that its report names."""

    line: int
    function: FunctionCoverage


def by_file(coverage: Coverage, image: ImageCoverage) -> Mapping[str, Sequence[Place]]:
    """The functions of the ratio by absolute path of their source, in the order of files and lines.

    A function without a declaration stands in a file called after its image, on the line that is its number in
    the inventory.
    """
    folder = source_folder(coverage, image)
    unknown = f"{spelled(image.image.path)}{NO_SOURCE}"
    files: dict[str, list[Place]] = defaultdict(list)
    paths: dict[str, str] = {}
    for number, each in enumerate(image.functions, 1):
        if each.state not in COUNTED:
            continue
        file, line = each.function.file, each.function.line
        if file and line > 0:
            path = paths.get(file) or paths.setdefault(file, _absolute(folder, spelled(file)))
            files[path].append(Place(line, each))
        else:
            files[unknown].append(Place(number, each))
    return {path: sorted(files[path], key=_line) for path in sorted(files)}


def source_folder(coverage: Coverage, image: ImageCoverage) -> str:
    """``/usr/src/debug/bzip2-1.0.8-5.1.x86_64``; ``/usr/src/debug`` if the source package isn't known."""
    packages = coverage.measurement.run.packages
    source = next((each.source_rpm for each in packages if each.name == image.image.package), "")
    name = source.removesuffix(".rpm").removesuffix(".src").removesuffix(".nosrc")
    return f"{SOURCES}/{spelled(name)}.{spelled(image.image.arch)}" if name else SOURCES


def _absolute(folder: str, file: str) -> str:
    return file if file.startswith("/") else f"{folder}/{file}"


def _line(place: Place) -> int:
    return place.line
