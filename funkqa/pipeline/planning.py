"""From installed packages to a probe plan: hold the ELF files, find their symbols, list their functions."""

import stat
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from funkqa.debuginfo import declarations, demangle, locate, merge
from funkqa.elf.functions import inventory
from funkqa.elf.image import MAGIC, ElfFacts, Symbol, read_facts, read_function_symbols
from funkqa.elf.names import linkage_name
from funkqa.elf.placement import PlacedOn, place_probes
from funkqa.model.errors import ElfError, UsageError
from funkqa.model.package import Nevra, OwnedFile, Package
from funkqa.model.place import Place
from funkqa.model.plan import (
    DebugFile,
    DebugFileStatus,
    Declaration,
    Function,
    Image,
    Probe,
    ProbePlan,
    SkipReason,
    Standing,
    Unmeasured,
)
from funkqa.model.recipe import Measure
from funkqa.model.units import BuildId, FileOffset, Vaddr
from funkqa.packages import rpmdb
from funkqa.store.writer import ResultWriter
from funkqa.system import files, host
from funkqa.system.files import HeldFile

NO_PACKAGE = Nevra("", 0, "", "", "")


@dataclass(frozen=True, slots=True)
class OwnedElf:
    """An ELF file of a package, held open from reading it to the last probe on it."""

    package: Package
    path: str
    links: tuple[str, ...]
    held: HeldFile
    facts: ElfFacts


def find_packages(names: Sequence[str], loose: Sequence[Path]) -> tuple[Package, ...]:
    """Installed packages of the running system by name, and loose files as a package without a name.

    Raises PackageError or UsageError for what isn't there.
    """
    for file in loose:
        try:
            if not stat.S_ISREG(file.stat().st_mode):
                raise UsageError("it is no regular file", where=str(file))
        except OSError as error:
            raise UsageError(f"it can't be read: {error.strerror}", where=str(file)) from error
    installed = rpmdb.read_packages(Path("/"), names, (), False) if names else ()
    files = tuple(OwnedFile(str(file.resolve()), 0, 0) for file in loose)
    return (*installed, Package(NO_PACKAGE, "", files)) if files else installed


def hold_elf_files(
    place: Place, packages: Sequence[Package], own_inodes: bool, undo: ExitStack
) -> tuple[tuple[OwnedElf, ...], tuple[Unmeasured, ...]]:
    """The loadable ELF files that the packages own, hard links together, and those that can't be read.

    ``own_inodes``: the place is an overlay, and files must be copied up before they are held.
    """
    owned: dict[tuple[int, int], OwnedElf] = {}
    unmeasured = []
    for package in packages:
        for path in sorted((file.path for file in package.files), key=lambda path: _prominence(package, path)):
            seen_from_here = place.path(path)
            if files.first_bytes(seen_from_here, len(MAGIC)) != MAGIC:
                continue
            try:
                if own_inodes:
                    files.copy_up(seen_from_here)
                held = undo.enter_context(files.held(seen_from_here))
                if held.inode in owned:
                    first = owned[held.inode]
                    owned[held.inode] = OwnedElf(
                        package, first.path, (*first.links, path), first.held, first.facts
                    )
                    continue
                facts = read_facts(held.stream(), path)
            except (ElfError, OSError) as error:
                unmeasured.append(Unmeasured(package.name, path, getattr(error, "message", "") or str(error)))
                continue
            if not facts.linkable:
                unmeasured.append(Unmeasured(package.name, path, "an object file, which no program loads"))
            elif facts.machine != host.machine():
                unmeasured.append(Unmeasured(package.name, path, f"a program for {facts.machine}"))
            else:
                owned[held.inode] = OwnedElf(package, path, (), held, facts)
    return tuple(owned.values()), tuple(unmeasured)


def build_ids(elves: Sequence[OwnedElf]) -> tuple[BuildId, ...]:
    """The build IDs whose debug files are wanted, each once."""
    return tuple(dict.fromkeys(elf.facts.build_id for elf in elves if elf.facts.build_id))


def find_debug_files(place: Place, elves: Sequence[OwnedElf], cache: Path) -> tuple[DebugFile, ...]:
    """The symbols of each ELF file, merged with its debug file, and the package that brought that."""
    paths = {build_id: locate.debug_path(build_id) for build_id in build_ids(elves)}
    owners = rpmdb.owners(place.root, tuple(paths.values()))
    return tuple(
        replace(
            merge.find_symbols(place, elf.held.path, elf.facts, cache),
            package=owners.get(paths.get(elf.facts.build_id, ""), ""),
        )
        for elf in elves
    )


def plan_probes(
    elves: Sequence[OwnedElf],
    debug_files: Sequence[DebugFile],
    unmeasured: Sequence[Unmeasured],
    measure: Measure,
) -> ProbePlan:
    """The inventory of every image, and a probe in every function that can carry one."""
    symbols = [_symbols(elf, debug) for elf, debug in zip(elves, debug_files, strict=True)]
    readable = demangle.demangle(linkage_name(symbol.name) for image in symbols for symbol in image)
    images, probes = [], []
    for number, (elf, debug, found) in enumerate(zip(elves, debug_files, symbols, strict=True)):
        functions = list(inventory(elf.facts, found, _declared(debug), readable, measure))
        starts = sorted({symbol.vaddr for symbol in found})
        for index, placement in place_probes(functions, starts, elf.facts.machine, elf.held.read):
            function = functions[index]
            if placement is None:
                functions[index] = replace(function, standing=Standing.SKIPPED, reason=SkipReason.UNPROBEABLE)
            else:
                offset = FileOffset(function.offset + placement.vaddr - function.vaddr)
                probes.append(Probe(number, index, offset, placement.placed_on is PlacedOn.EMULATED))
        images.append(_image(elf, debug, tuple(functions)))
    return ProbePlan(tuple(images), tuple(unmeasured), tuple(probes))


def _symbols(elf: OwnedElf, debug: DebugFile) -> tuple[Symbol, ...]:
    with debug.symbols.open("rb") as stream:
        return read_function_symbols(stream, elf.path)


def _declared(debug: DebugFile) -> Mapping[Vaddr, Declaration]:
    # Without its supplementary file DWARF has lines but no names, and libdw doesn't say so.
    return {} if debug.status is DebugFileStatus.WANT_SUPPLEMENTARY else declarations.read_declarations(debug)


def _image(elf: OwnedElf, debug: DebugFile, functions: tuple[Function, ...]) -> Image:
    return Image(
        package=elf.package.name,
        arch=elf.package.nevra.arch,
        path=elf.path,
        links=elf.links,
        role=elf.facts.role,
        soname=elf.facts.soname,
        build_id=elf.facts.build_id,
        debug=debug.status,
        debug_package=debug.package,
        functions=functions,
    )


def _prominence(package: Package, path: str) -> tuple[bool, str]:
    """Of hard links, the one that is called like the package stands for all; else the first by name."""
    return (PurePosixPath(path).name != package.name, path)


def problems(debug_files: Sequence[DebugFile]) -> list[str]:
    """What is wrong with the debug files that were found."""
    return [debug.problem for debug in debug_files if debug.problem]


def record_changes(elves: Sequence[OwnedElf], plan: ProbePlan, writer: ResultWriter) -> None:
    """Files that are no longer what was probed: their functions count as skipped, and the run fails."""
    changed = {number for number, elf in enumerate(elves) if elf.held.changed()}
    for number in sorted(changed):
        writer.fault(f"{elves[number].path} changed during the run, so that its hits can't be trusted")
    for probe in plan.probes:
        if probe.image in changed:
            writer.skip(probe.image, probe.function, SkipReason.CHANGED)
