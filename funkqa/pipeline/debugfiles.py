"""The debug files of the images: brought by packages or servers, found, and what is told of those that aren't."""

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from funkqa.debuginfo import cache, locate
from funkqa.debuginfo.cache import Cache, Kind
from funkqa.debuginfo.debuginfod import Servers
from funkqa.debuginfo.sources import FETCHED, Sources, find_symbols
from funkqa.debuginfo.unpack import unpack
from funkqa.model.place import Place
from funkqa.model.plan import DebugFile, DebugFileStatus
from funkqa.model.units import BuildId
from funkqa.packages import rpmdb
from funkqa.packages.backend import PackageManager
from funkqa.packages.rpmfiles import read_file
from funkqa.pipeline.listener import SILENT, Listener, counted
from funkqa.pipeline.ownership import OwnedElf
from funkqa.pipeline.target import Debuginfo
from funkqa.system import host, limits

DOWNLOADS = "debuginfo"
"""The directory for packages that are downloaded, below the package manager's HOME."""


def build_ids(elves: Sequence[OwnedElf]) -> tuple[BuildId, ...]:
    """The build IDs whose debug files are wanted, each once."""
    return tuple(dict.fromkeys(elf.facts.build_id for elf in elves if elf.facts.build_id))


def provide(
    how: Debuginfo,
    packager: PackageManager,
    place: Place,
    home: Path,
    wanted: Sequence[BuildId],
    listener: Listener,
) -> tuple[str, ...]:
    """Let the package manager install the debuginfo packages, or unpack them into the cache; warnings.

    ``home`` is the package manager's, inside the place.
    """
    if how is Debuginfo.INSTALL and wanted:
        listener.stage(f"installing debuginfo for {_elf_files(wanted)}")
        return packager.install_debuginfo(wanted)
    if how is Debuginfo.DOWNLOAD:
        with ExitStack() as undo:
            kept = Cache(host.cache_directory(), undo)
            lacking = [each for each in wanted if not _is_there(place, kept, each)]
            if lacking:
                listener.stage(f"downloading debuginfo for {_elf_files(lacking)}")
                undo.callback(shutil.rmtree, place.path(str(home / DOWNLOADS)), ignore_errors=True)
                for package in packager.download_debuginfo(lacking, home / DOWNLOADS):
                    unpack(package, str(read_file(package, "").nevra), lacking, kept)
    return ()


def find(
    place: Place,
    elves: Sequence[OwnedElf],
    undo: ExitStack,
    how: Debuginfo = Debuginfo.INSTALL,
    listener: Listener = SILENT,
) -> tuple[DebugFile, ...]:
    """The symbols of each ELF file, merged with its debug file, and the package that brought that.

    Until ``undo`` is left they stay in the cache, which is then cut to its size.
    """
    directory = host.cache_directory()
    undo.enter_context(limits.many_files())  # a lock on each file of the cache
    undo.callback(cache.bound, directory, host.cache_bytes())
    kept = Cache(directory, undo)
    servers = Servers("", kept) if how is Debuginfo.OFF else Servers.configured(kept)
    paths = {build_id: locate.debug_path(build_id) for build_id in build_ids(elves)}
    owners = rpmdb.owners(place.root, tuple(paths.values()))
    found = []
    for elf in counted(elves, listener):
        debug = find_symbols(Sources(place, kept, servers), elf.held.path, elf.path, elf.facts)
        if not debug.package and debug.status in (DebugFileStatus.MERGED, DebugFileStatus.WANT_SUPPLEMENTARY):
            debug = replace(debug, package=str(owners.get(paths.get(elf.facts.build_id, ""), "")))
        found.append(debug)
    return tuple(found)


def problems(debug_files: Sequence[DebugFile]) -> list[str]:
    """What is wrong with the debug files that were found, and costs functions."""
    return [debug.problem for debug in debug_files if debug.problem]


def warnings(debug_files: Sequence[DebugFile]) -> tuple[str, ...]:
    """What else went wrong, each once."""
    return tuple(dict.fromkeys(debug.warning for debug in debug_files if debug.warning))


def _is_there(place: Place, kept: Cache, build_id: BuildId) -> bool:
    if locate.debug_file(place, build_id) is not None:
        return True
    there = (kept.take(build_id, kind) for kind in (Kind.MERGED, Kind.DEBUG))
    return any(each is not None and each.source in FETCHED for each in there)


def _elf_files(wanted: Sequence[BuildId]) -> str:
    return f"{len(wanted)} ELF file{'' if len(wanted) == 1 else 's'}"
