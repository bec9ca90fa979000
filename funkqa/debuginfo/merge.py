"""Merged files: an image and its debug file in one, made by eu-unstrip.

A merged file is for reading symbols and DWARF; it never replaces the image.
"""

from pathlib import Path

from funkqa.debuginfo import locate
from funkqa.debuginfo.cache import Cache, Kept, Kind
from funkqa.elf.image import ElfFacts
from funkqa.model.errors import ElfError
from funkqa.model.plan import DebugFileStatus
from funkqa.model.units import BuildId
from funkqa.system import process

HINT = "install elfutils, which has eu-unstrip"


def merged(
    cache: Cache,
    key: BuildId,
    image: Path,
    facts: ElfFacts,
    debug: Path,
    source: DebugFileStatus,
    package: str = "",
) -> Kept:
    """The merged file, from the cache if it is there. ``key`` is its build ID for the cache.

    Raises ElfError for a debug file of another build, CommandFailed if eu-unstrip can't merge it.
    """
    found = locate.facts_of(debug)
    if found.build_id != facts.build_id:
        raise ElfError(
            f"it belongs to another build: it carries build ID {found.build_id or 'none'}, "
            f"the image {facts.build_id}"
        )
    kept = cache.take(key, Kind.MERGED)
    if kept is not None and not _same(kept, found):
        key = BuildId(f"{key}-{found.altlink.build_id if found.altlink else ''}")
        kept = cache.take(key, Kind.MERGED)
    if kept is not None and _same(kept, found):
        return kept
    return cache.keep(key, Kind.MERGED, lambda target: _merge(image, debug, target), source, package)


def _same(kept: Kept, debug: ElfFacts) -> bool:
    """Whether a merged file has the DWARF of this debug file.

    Two releases of a package may have the same image, and so one build ID, but never the same supplementary file.
    """
    try:
        facts = locate.facts_of(kept.path)
    except ElfError:
        return False
    return (facts.build_id, facts.altlink) == (debug.build_id, debug.altlink)


def _merge(image: Path, debug: Path, target: Path) -> None:
    """This form of the command looks at no build ID, which is why the caller did."""
    process.run(["eu-unstrip", str(image), str(debug), "-o", str(target)], hint=HINT)
