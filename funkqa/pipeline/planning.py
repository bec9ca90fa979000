"""From held ELF files to a probe plan: find their symbols, list their functions."""

import gc
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from funkqa.debuginfo import inventories
from funkqa.debuginfo.declarations import NOTHING, describe
from funkqa.debuginfo.demangle import demangle
from funkqa.debuginfo.inventories import Inventoried, Place
from funkqa.debuginfo.symbols import read_symbols
from funkqa.elf.filters import excluded
from funkqa.elf.functions import inventory
from funkqa.elf.names import unadorned
from funkqa.elf.placement import PlacedOn, place_probes
from funkqa.elf.role import role
from funkqa.model.errors import ElfError
from funkqa.model.plan import (
    DebugFile,
    Function,
    Image,
    Inlined,
    Probe,
    ProbePlan,
    SkipReason,
    Standing,
    Unmeasured,
)
from funkqa.model.recipe import Measure
from funkqa.model.units import FileOffset
from funkqa.pipeline.listener import SILENT, Listener, counted
from funkqa.pipeline.ownership import OwnedElf
from funkqa.store.writer import ResultWriter
from funkqa.system import host


def plan_probes(
    elves: Sequence[OwnedElf],
    debug_files: Sequence[DebugFile],
    unmeasured: Sequence[Unmeasured],
    measure: Measure,
    listener: Listener = SILENT,
) -> ProbePlan:
    """The inventory of every image, and a probe in every function that can carry one.

    Tables that can't be read are told in ``problems``, and never spoil another image.
    """
    images, probes, problems = [], [], list[str]()
    every = tuple(zip(elves, debug_files, strict=True))
    for number, (elf, debug) in enumerate(counted(every, listener)):
        with _uncollected():
            found = _inventoried(elf, debug, problems)
        functions = excluded(found.functions, measure, (elf.path, *elf.links, elf.facts.soname))
        probes += [
            Probe(number, place.function, place.offset, place.emulated)
            for place in found.places
            if functions[place.function].standing is Standing.PROBED
        ]
        images.append(_image(elf, debug, tuple(functions), found.inlined))
    return ProbePlan(tuple(images), tuple(unmeasured), tuple(probes), tuple(problems))


def _inventoried(elf: OwnedElf, debug: DebugFile, problems: list[str]) -> Inventoried:
    """The functions of an image and where their probes go, from the cache if they are there."""
    image = os.stat(elf.held.descriptor)
    kept = inventories.path_of(host.cache_directory(), elf.facts.build_id, image, debug)
    if kept is not None and (before := inventories.load(kept)) is not None:
        return before
    known = len(problems)
    made = _inventory(elf, debug, problems)
    if kept is not None and len(problems) == known:
        inventories.save(kept, made)
    return made


def _inventory(elf: OwnedElf, debug: DebugFile, problems: list[str]) -> Inventoried:
    try:
        with elf.held.stream() as image:
            symbols = read_symbols(debug, image, elf.path)
    except ElfError as error:
        problems.append(f"{elf.path}: none of its functions is measured: {error.message}{_remedy(elf)}")
        return Inventoried((), (), ())
    try:
        described = describe(debug, symbols)
    except ElfError as error:
        problems.append(f"{elf.path}: its functions have neither file nor line: {error.message}{_remedy(elf)}")
        described = NOTHING
    names = {unadorned(symbol.name) for symbol in symbols} | {each.name for each in described.inlined}
    readable = demangle(names)
    found = inventory(elf.facts, symbols, described.declarations, readable)
    inlined = tuple(each._replace(demangled=readable.get(each.name, each.name)) for each in described.inlined)
    starts = sorted({symbol.vaddr for symbol in symbols})
    del symbols, described, names, readable  # hundreds of megabytes
    functions, places = list(found.functions), []
    owners, bodies = zip(*found.bodies, strict=True) if found.bodies else ((), ())
    facts = elf.facts
    for index, placement in place_probes(bodies, starts, facts.machine, facts.segments, elf.held.read):
        owner, body = owners[index], bodies[index]
        if placement is None:
            functions[owner] = replace(functions[owner], standing=Standing.SKIPPED, reason=SkipReason.UNPROBEABLE)
        else:
            offset = FileOffset(body.offset + placement.vaddr - body.vaddr)
            places.append(Place(owner, offset, placement.placed_on is PlacedOn.EMULATED))
    return Inventoried(tuple(functions), tuple(places), inlined)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without Python's collector, which looks for cycles among millions of values that have none.

    What was made here lives as long as the plan does: the collector needn't look at it afterwards either.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


def _remedy(elf: OwnedElf) -> str:
    return f"; install it and its debuginfo again: {elf.package.nevra}" if elf.package.name else ""


def _image(
    elf: OwnedElf, debug: DebugFile, functions: tuple[Function, ...], inlined: tuple[Inlined, ...]
) -> Image:
    return Image(
        package=elf.package.name,
        arch=elf.package.nevra.arch,
        path=elf.path,
        links=elf.links,
        # Loose files are what somebody names on the command line, wherever they lie.
        role=role(elf.facts, elf.path) if elf.package.name else elf.facts.role,
        soname=elf.facts.soname,
        build_id=elf.facts.build_id,
        debug=debug.status,
        debug_package=debug.package,
        functions=functions,
        inlined=inlined,
    )


def record_changes(elves: Sequence[OwnedElf], plan: ProbePlan, writer: ResultWriter) -> None:
    """Files that are no longer what was probed: their functions count as skipped, and the run fails."""
    changed = {number for number, elf in enumerate(elves) if elf.held.changed()}
    for number in sorted(changed):
        writer.fault(f"{elves[number].path} changed during the run, so that its hits can't be trusted")
    for probe in plan.probes:
        if probe.image in changed:
            writer.skip(probe.image, probe.function, SkipReason.CHANGED)
