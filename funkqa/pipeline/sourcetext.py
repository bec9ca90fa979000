"""The source text that goes into a result: of the files with the most to find in them first."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from enum import Enum
from pathlib import Path

from funkqa.analysis.coverage import cover
from funkqa.debuginfo.sourcetext import USUAL_BYTES, read_texts
from funkqa.model.coverage import Coverage, State
from funkqa.model.package import Nevra, Package
from funkqa.model.place import Place
from funkqa.packages import rpmdb
from funkqa.packages.backend import PackageManager
from funkqa.store.format import MAX_SOURCE_BYTES
from funkqa.store.reader import read_result
from funkqa.store.writer import ResultWriter


class SourceText(Enum):
    """Which source text a result holds."""

    INSTALLED = "installed"
    """As far as -debugsource packages are installed anyway, and not more than a few megabytes."""
    ALL = "all"
    """-debugsource packages are installed for it, and all of it is kept."""
    NONE = "none"


def install(
    packager: PackageManager, place: Place, packages: Sequence[Package], wanted: SourceText
) -> tuple[str, ...]:
    """Install the -debugsource package of each source, of the very build; warnings, as for what isn't offered."""
    if wanted is not SourceText.ALL:
        return ()
    capabilities = sorted({each for package in packages for each in _capabilities(package)})
    warnings = packager.install_optional(capabilities)
    return (*warnings, *absent(capabilities, rpmdb.installed(place.root), packager.name))


def absent(capabilities: Sequence[str], installed: Collection[Nevra], backend: str) -> tuple[str, ...]:
    """A warning for each of the capabilities (``NAME = EVR``) that no installed package has."""
    there = {f"{each.name} = {each.evr}" for each in installed}
    way = "name its file with --rpm" if backend == "rpm" else "name a repository that has it with --repo"
    return tuple(f"no source text without {each}: {way}" for each in capabilities if each not in there)


def _capabilities(package: Package) -> Sequence[str]:
    """``bzip2-debugsource = 1.0.8-5.1``: rpm calls it after the source and gives it the package's version."""
    name = package.source_rpm.removesuffix(".src.rpm").rpartition("-")[0].rpartition("-")[0]
    return [f"{name}-debugsource = {package.nevra.evr}"] if name else []


def keep(place: Place, packages: Sequence[Package], path: Path, writer: ResultWriter, wanted: SourceText) -> None:
    """Add the text of source files to the result that ``writer`` is writing at ``path``."""
    if wanted is SourceText.NONE:
        return
    sources = {package.name: package.source_rpm for package in packages if package.source_rpm}
    limit = MAX_SOURCE_BYTES if wanted is SourceText.ALL else USUAL_BYTES
    if texts := read_texts(place, worst_first(cover(read_result(path)), sources), limit):
        writer.sources(texts)


def worst_first(coverage: Coverage, sources: Mapping[str, str]) -> list[tuple[str, str]]:
    """(source RPM, file) of every file that declares a function, those with the most functions not entered first.

    ``sources`` has the source RPM of each package.
    """
    missing: Counter[tuple[str, str]] = Counter()
    for image in coverage.images:
        rpm = sources.get(image.image.package, "")
        for each in image.functions:
            if rpm and each.function.file:
                missing[rpm, each.function.file] += each.state in (State.MISSING, State.SKIPPED)
    return sorted(missing, key=lambda key: (-missing[key], key))
