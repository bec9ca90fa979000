"""Where the symbols of an image come from: every source in order, until one has them.

The order is that of ``DebugFileStatus``. Packages are installed or downloaded before.
"""

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from funkqa.debuginfo import locate, merge
from funkqa.debuginfo.cache import Cache, Kept, Kind
from funkqa.debuginfo.debuginfod import Servers
from funkqa.debuginfo.symbols import has_unnamed
from funkqa.elf import minidebuginfo, sections
from funkqa.elf.debuglink import crc32, read_debuglink
from funkqa.elf.image import AltLink, ElfFacts, read_function_symbols
from funkqa.model.errors import CommandFailed, ElfError
from funkqa.model.place import Place
from funkqa.model.plan import DebugFile, DebugFileStatus
from funkqa.model.units import BuildId

FETCHED = (DebugFileStatus.DOWNLOADED, DebugFileStatus.DEBUGINFOD)
"""What the cache has from these is as good as the source; what it has from installed files only saves work."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything that may have the debug file of an image in ``place``."""

    place: Place
    cache: Cache
    servers: Servers


class Image(NamedTuple):
    """An image: where this process sees it, its path in the place, its facts, and the key of it in the cache."""

    file: Path
    path: str
    facts: ElfFacts
    key: BuildId


class Offer(NamedTuple):
    """A debug file of an image, as it says; ``merged`` already, or still to be."""

    source: DebugFileStatus
    path: Path
    name: str
    package: str = ""
    merged: bool = False

    @property
    def installed(self) -> bool:
        return self.source not in FETCHED


def find_symbols(sources: Sources, file: Path, path: str, facts: ElfFacts) -> DebugFile:
    """Where to read the functions of an image from.

    ``file`` is the image as this process sees it, ``path`` where it is in the place. A debug file that can't be
    used is a problem of the result, or a warning if another one serves; it is no exception.
    """
    image = Image(file, path, facts, facts.build_id or _digest(file))
    refused = []
    for offer in _offers(sources, image):
        try:
            found = _used(sources, image, offer)
        except (ElfError, CommandFailed) as error:
            remedy = f"; install its package again: rpm -qf {offer.name}" if offer.installed else ""
            refused.append(f"the debug file {offer.name} can't be used: {error.message}{remedy}")
            continue
        return replace(found, warning=_sentence(*refused, found.warning))
    found = _from_image(sources, image)
    return replace(found, problem=_sentence(*refused, found.problem))


def _offers(sources: Sources, image: Image) -> Iterator[Offer]:
    """The debug files of an image, each looked for when the ones before can't be used."""
    build_id = image.facts.build_id
    if build_id:
        installed = locate.debug_file(sources.place, build_id)
        if installed is not None:
            yield Offer(DebugFileStatus.MERGED, installed, locate.debug_path(build_id))
        for kind in (Kind.MERGED, Kind.DEBUG):
            kept = sources.cache.take(build_id, kind)
            if kept is not None and kept.source in FETCHED:
                yield Offer(kept.source, kept.path, str(kept.path), kept.package, kind is Kind.MERGED)
        if not _has_dwarf(image.file):
            fetched = sources.servers.fetch(build_id)
            if fetched is not None:
                yield Offer(fetched.source, fetched.path, str(fetched.path), fetched.package)
    yield from _linked(sources.place, image)


def _linked(place: Place, image: Image) -> Iterator[Offer]:
    """The files that ``.gnu_debuglink`` may mean, in gdb's order, if their CRC is right."""
    with image.file.open("rb") as stream:
        link = read_debuglink(stream, image.path)
    if link is None:
        return
    folder = PurePosixPath(image.path).parent
    for directory in (folder, folder / ".debug", PurePosixPath(f"{locate.DEBUG_ROOT}{folder}")):
        name = str(directory / link.name)
        candidate = place.path(name)
        try:
            with candidate.open("rb") as stream:
                right = candidate.is_file() and crc32(stream) == link.crc
        except OSError:
            continue
        if right:
            yield Offer(DebugFileStatus.DEBUGLINK, candidate, name)


def _used(sources: Sources, image: Image, offer: Offer) -> DebugFile:
    """The image merged with the debug file, and its supplementary file. Raises ElfError or CommandFailed."""
    if offer.merged:
        facts, merged = locate.facts_of(offer.path), offer.path
    else:
        facts = locate.facts_of(offer.path)
        merged = merge.merged(
            sources.cache, image.key, image.file, image.facts, offer.path, offer.source, offer.package
        ).path
    if facts.altlink is None:
        return DebugFile(offer.source, merged, package=offer.package)
    supplementary = _supplementary(sources, offer.path, facts.altlink)
    if supplementary is None:
        trouble = sources.servers.trouble
        return DebugFile(DebugFileStatus.WANT_SUPPLEMENTARY, merged, package=offer.package, warning=trouble)
    return DebugFile(offer.source, merged, supplementary.path, offer.package)


def _supplementary(sources: Sources, debug: Path, link: AltLink) -> Kept | None:
    """The dwz file: a copy of the installed one in the cache, or what was fetched."""
    kept = sources.cache
    installed = locate.supplementary_file(sources.place, debug, link)
    if installed is None:
        return kept.take(link.build_id, Kind.DEBUG) or sources.servers.fetch(link.build_id)
    return kept.take(link.build_id, Kind.SUPPLEMENTARY) or kept.keep(
        link.build_id,
        Kind.SUPPLEMENTARY,
        lambda target: shutil.copyfile(installed, target),
        DebugFileStatus.MERGED,
    )


def _from_image(sources: Sources, image: Image) -> DebugFile:
    """What the image itself has of symbols."""
    warning = sources.servers.trouble
    problem = ""
    with image.file.open("rb") as stream:
        if ".gnu_debugdata" in sections.names(stream, image.path):
            try:
                minimal = _minimal(sources.cache, image, stream)
                return DebugFile(DebugFileStatus.MINIDEBUGINFO, minimal.path, warning=warning)
            except ElfError as error:
                problem = f"{image.path}: {error.message}"
        if image.facts.has_symtab:
            return DebugFile(DebugFileStatus.OWN_SYMTAB, image.file, problem=problem, warning=warning)
        beside = has_unnamed(stream, image.path)
    status = DebugFileStatus.DYNSYM_ONLY if image.facts.has_dynsym else DebugFileStatus.MISSING
    return DebugFile(DebugFileStatus.UNWIND if beside else status, image.file, problem=problem, warning=warning)


def _minimal(kept: Cache, image: Image, stream: IO[bytes]) -> Kept:
    """The decompressed ``.gnu_debugdata``, in the cache. Raises ElfError if it is damaged."""

    def write(target: Path) -> None:
        with target.open("wb") as into:
            minidebuginfo.extract(stream, image.path, into)
        with target.open("rb") as made:
            read_function_symbols(made, f"{image.path}: .gnu_debugdata")

    found = kept.take(image.key, Kind.MINIMAL)
    return found or kept.keep(image.key, Kind.MINIMAL, write, DebugFileStatus.MINIDEBUGINFO)


def _has_dwarf(file: Path) -> bool:
    """An image that wasn't stripped needs no other file."""
    with file.open("rb") as stream:
        return {".debug_info", ".zdebug_info"} & sections.names(stream, str(file)) != set()


def _digest(file: Path) -> BuildId:
    """Stands for the build ID where there is none."""
    with file.open("rb") as stream:
        return BuildId(hashlib.file_digest(stream, "sha1").hexdigest())


def _sentence(*parts: str) -> str:
    return "; ".join(filter(None, parts))
