"""The debug files of a build, and with them its functions and their code."""

from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from funkqa.debuginfo import cache, locate
from funkqa.debuginfo.cache import Cache, Kind
from funkqa.debuginfo.debuginfod import Servers
from funkqa.debuginfo.declarations import describe
from funkqa.debuginfo.demangle import demangle
from funkqa.debuginfo.sources import FETCHED, Sources, find_symbols
from funkqa.debuginfo.symbols import read_symbols
from funkqa.debuginfo.unpack import unpack
from funkqa.elf.bodies import Body, bodies
from funkqa.elf.contents import NOTHING, Contents, read_contents
from funkqa.elf.functions import inventory
from funkqa.elf.names import unadorned
from funkqa.elf.role import role
from funkqa.model.errors import ElfError, UsageError
from funkqa.model.plan import DebugFile, Function, Image
from funkqa.model.units import BuildId
from funkqa.packages.backend import debuginfo_capability
from funkqa.pipeline.build_files import BuildFiles, BuiltFile, debuginfo_packages
from funkqa.system import host, limits


@dataclass(frozen=True, slots=True)
class Coded:
    """An image with its functions, and their code.

    ``lacking`` says why its functions aren't known by name; then it has none here.
    """

    image: Image
    machine: str
    contents: Contents
    bodies: tuple[Body, ...]
    lacking: str = ""


def read(build: BuildFiles, repositories: Sequence[Path], undo: ExitStack) -> tuple[Coded, ...]:
    """The images with their functions.

    Debuginfo of package files is looked for beside them and in ``repositories``, which are folders.
    """
    for folder in repositories:
        if not folder.is_dir():
            raise UsageError("--repo: there is no such folder", where=str(folder))
    directory = host.cache_directory()
    undo.enter_context(limits.many_files())  # a lock on each file of the cache
    undo.callback(cache.bound, directory, host.cache_bytes())
    kept = Cache(directory, undo)
    _provide(build, repositories, kept)
    servers = Servers.configured(kept)
    found = [
        (file, find_symbols(Sources(file.place, kept, servers), file.content, file.path, file.facts))
        for file in build.files
    ]
    return tuple(_coded(file, debug) for file, debug in found)


def _provide(build: BuildFiles, repositories: Sequence[Path], kept: Cache) -> None:
    """Put the debug files that are in packages into the cache."""
    packed = [file for file in build.files if file.rpm is not None and file.facts.build_id]
    lacking = {file.facts.build_id for file in packed if not _is_there(kept, file.facts.build_id)}
    if not lacking:
        return
    beside = [Path(file.rpm.path).parent for file in packed if file.rpm is not None]
    sources = {file.rpm.source_rpm for file in packed if file.rpm is not None}
    siblings = []
    offered = debuginfo_packages(tuple(dict.fromkeys(beside)), repositories)
    for package in offered:
        if package.build_ids & lacking:
            unpack(Path(package.path), str(package.nevra), package.build_ids & lacking, kept)
            lacking -= package.build_ids
        elif package.source_rpm in sources:
            siblings.append(package)
        if not lacking:
            break
    wanted = _supplementary([file.facts.build_id for file in packed], kept)
    for package in chain(siblings, offered) if wanted else ():
        if package.source_rpm in sources:
            unpack(Path(package.path), str(package.nevra), wanted, kept)


def _supplementary(build_ids: Collection[BuildId], kept: Cache) -> set[BuildId]:
    """The dwz files that debug files refer to and that are still in another package."""
    wanted = set()
    for build_id in build_ids:
        debug = kept.take(build_id, Kind.DEBUG)
        link = locate.facts_of(debug.path).altlink if debug else None
        if link and not kept.take(link.build_id, Kind.DEBUG):
            wanted.add(link.build_id)
    return wanted


def _is_there(kept: Cache, build_id: BuildId) -> bool:
    there = (kept.take(build_id, kind) for kind in (Kind.MERGED, Kind.DEBUG))
    return any(each is not None and each.source in FETCHED for each in there)


def _coded(file: BuiltFile, debug: DebugFile) -> Coded:
    """One file that is damaged never spoils the others."""
    try:
        return _read(file, debug)
    except ElfError as error:
        return Coded(_image(file, debug, ()), file.facts.machine, NOTHING, (), error.message)


def _read(file: BuiltFile, debug: DebugFile) -> Coded:
    with file.content.open("rb") as image, debug.symbols.open("rb") as other:
        symbols = read_symbols(debug, image, file.path)
        contents = read_contents(image, other, file.path)
    if not debug.status.complete:
        return Coded(_image(file, debug, ()), file.facts.machine, contents, (), _lacking(file, debug))
    described = describe(debug, symbols)
    readable = demangle({unadorned(symbol.name) for symbol in symbols})
    found = inventory(file.facts, symbols, described.declarations, readable)
    made = _image(file, debug, found.functions)
    return Coded(made, file.facts.machine, contents, bodies(found, symbols, contents))


def _image(file: BuiltFile, debug: DebugFile, functions: tuple[Function, ...]) -> Image:
    return Image(
        package=file.package.name,
        arch=file.package.arch or file.facts.machine,
        path=file.path,
        links=file.links,
        role=role(file.facts, file.path) if file.package.name else file.facts.role,
        soname=file.facts.soname,
        build_id=file.facts.build_id,
        debug=debug.status,
        debug_package=debug.package,
        functions=functions,
    )


def _lacking(file: BuiltFile, debug: DebugFile) -> str:
    if debug.problem:
        return debug.problem
    if file.rpm is not None:
        return "its debuginfo is neither beside the package nor in a --repo"
    wanted = f": install what provides {debuginfo_capability(file.facts.build_id)}" if file.facts.build_id else ""
    return f"its functions' names aren't known{wanted}"
