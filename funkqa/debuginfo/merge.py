"""Merged files: an image and its debug file in one, made by eu-unstrip, kept by build ID.

A merged file is for reading symbols and DWARF; it never replaces the image.
"""

import os
import shutil
import tempfile
from pathlib import Path

from funkqa.debuginfo import locate
from funkqa.elf.image import ElfFacts
from funkqa.model.errors import CommandFailed, ElfError, FunkqaError
from funkqa.model.place import Place
from funkqa.model.plan import DebugFile, DebugFileStatus
from funkqa.model.units import BuildId
from funkqa.system import leftovers, locks, process

HINT = "install elfutils, which has eu-unstrip"


def find_symbols(place: Place, image: Path, facts: ElfFacts, cache: Path) -> DebugFile:
    """Where to read the functions of ``image`` from, after merging it with its debug file.

    ``image`` is a path as this process sees it; ``cache`` a directory of this funkqa's own. A debug file
    that belongs to another build is a problem of the result, not an exception: the image's own symbols serve.
    """
    debug = locate.debug_file(place, facts.build_id) if facts.build_id else None
    if debug is None:
        return DebugFile(_own_status(facts), image)
    try:
        debug_facts = locate.facts_of(debug)
        if debug_facts.build_id != facts.build_id:
            raise ElfError(
                f"it belongs to another build: it carries build ID {debug_facts.build_id or 'none'}, "
                f"the image {facts.build_id}"
            )
        merged = _cached(cache, facts.build_id, ".elf")
        if not locate.is_build(merged, facts.build_id):
            _merge(place, image, merged)
    except (ElfError, CommandFailed) as error:
        path = locate.debug_path(facts.build_id)
        problem = (
            f"the debug file {path} can't be used: {error.message}; install its package again: rpm -qf {path}"
        )
        return DebugFile(_own_status(facts), image, problem=problem)
    if debug_facts.altlink is None:
        return DebugFile(DebugFileStatus.MERGED, merged)
    supplementary = locate.supplementary_file(place, debug, debug_facts.altlink)
    if supplementary is None:
        return DebugFile(DebugFileStatus.WANT_SUPPLEMENTARY, merged)
    kept = _cached(cache, debug_facts.altlink.build_id, ".dwz")
    if not locate.is_build(kept, debug_facts.altlink.build_id):
        _replace(kept, lambda target: shutil.copyfile(supplementary, target))
    return DebugFile(DebugFileStatus.MERGED, merged, kept)


def _own_status(facts: ElfFacts) -> DebugFileStatus:
    if facts.has_symtab:
        return DebugFileStatus.OWN_SYMTAB
    return DebugFileStatus.DYNSYM_ONLY if facts.has_dynsym else DebugFileStatus.MISSING


def _merge(place: Place, image: Path, merged: Path) -> None:
    """``-e`` finds the debug file by build ID and refuses another one; the two-file form checks nothing."""
    path = place.path(locate.DEBUG_ROOT)
    try:
        _replace(
            merged,
            lambda target: process.run(
                ["eu-unstrip", "-e", str(image), f"--debuginfo-path={path}", "-o", str(target)], hint=HINT
            ),
        )
    except CommandFailed as error:
        if "cannot write" in error.output:
            raise _unwritable(merged, "eu-unstrip can't write to it") from error
        raise


def _replace(path: Path, write: object) -> None:
    """Let ``write`` make the file under a temporary name, then rename it: readers see all of it or nothing."""
    assert callable(write)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=leftovers.CACHED, dir=path.parent)
        os.close(descriptor)
        try:
            with locks.owned(Path(name)):
                write(Path(name))
                os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise _unwritable(path, error.strerror or str(error)) from error


def _unwritable(path: Path, reason: str) -> FunkqaError:
    return FunkqaError(
        f"the cache of debug files can't be written: {reason}",
        where=str(path.parent.parent),
        hint=f"make room there (df -h {path.parent.parent}), or name another directory: FUNKQA_CACHE=DIR",
    )


def _cached(cache: Path, build_id: BuildId, suffix: str) -> Path:
    return cache / build_id[:2] / f"{build_id[2:]}{suffix}"
