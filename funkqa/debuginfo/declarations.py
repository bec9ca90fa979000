"""Where the functions of an image are declared, and which functions exist only inlined."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from funkqa.elf import debugentries, image
from funkqa.elf.debugentries import Entries
from funkqa.elf.image import STB_LOCAL, Symbol
from funkqa.elf.names import linkage_name
from funkqa.model.plan import DebugFile, DebugFileStatus, Declaration, Inlined
from funkqa.model.units import Vaddr
from funkqa.system import libdw
from funkqa.system.libdw import Abstract, Dwarf, Entry

SOURCE_PREFIX = re.compile(r"^/usr/src/debug/[^/]+/")
"""rpm's debugedit moves sources below a directory named after the package's version; identity must not."""

FOREIGN = ("/usr/include/", "/usr/lib/", "/usr/lib64/", "/usr/local/", "/rustc/")
"""Headers of the system and of compilers: what is inlined from there is no function of the package."""

ARTIFICIAL = ("", "<artificial>")


class Described(NamedTuple):
    """What DWARF says of an image: declarations by entry, and functions without code of their own."""

    declarations: Mapping[Vaddr, Declaration]
    inlined: tuple[Inlined, ...]


NOTHING = Described({}, ())


def describe(debug: DebugFile, symbols: Iterable[Symbol]) -> Described:
    """What DWARF, or in its absence Go's own table, says of the functions of an image.

    ``symbols`` are the image's functions: what has a symbol has code. Raises ElfError if the debug file's tables
    aren't well-formed.
    """
    # Without its supplementary file DWARF has lines but no names, and libdw doesn't say so.
    if debug.status is DebugFileStatus.WANT_SUPPLEMENTARY:
        return NOTHING
    with debug.symbols.open("rb") as stream:
        entries = debugentries.read(stream, str(debug.symbols))
        if not entries.with_code:
            return Described(image.read_go_declarations(stream, str(debug.symbols)), ())
    return _described(Dwarf(debug.symbols, debug.supplementary), entries, symbols)


def _described(dwarf: Dwarf, entries: Entries, symbols: Iterable[Symbol]) -> Described:
    symbols = tuple(symbols)
    alive = {symbol.vaddr for symbol in symbols}
    declarations, with_code, at_home = {}, set(), set()
    for found in dwarf.subprograms(entries.with_code):
        vaddr = Vaddr(found.entry)
        declarations[vaddr] = Declaration(_unit(found), relative_source(found.file), found.line)
        if vaddr in alive:  # linkers leave entries of functions that they drop
            at_home.add((found.name, found.file, found.line))
            if found.origin is not None:
                with_code.add(found.origin)
    everywhere = {linkage_name(symbol.name) for symbol in symbols if symbol.binding != STB_LOCAL}
    candidates = {Entry(offset) for offset in entries.inlined} | {Entry(at, True) for at in entries.elsewhere}
    only_inlined: dict[tuple[str, str, int], Inlined] = {}
    for _, function in dwarf.abstract(sorted(candidates - with_code)):
        name, place = linkage_name(function.linkage_name or function.name), (function.file, function.line)
        if _is_own(function) and name not in everywhere and (function.name, *place) not in at_home:
            only_inlined.setdefault((name, *place), _inlined(function))
    return Described(declarations, tuple(sorted(only_inlined.values(), key=lambda each: (each.file, each.line))))


def _inlined(function: Abstract) -> Inlined:
    name = function.linkage_name or function.name
    unit = relative_source(function.file if function.unit in ARTIFICIAL else function.unit)
    return Inlined(name, name, unit, relative_source(function.file), function.line)


def _is_own(function: Abstract) -> bool:
    """Whether it stands in a source of the package; what the compiler makes up has no line."""
    return bool(function.name and function.line) and not function.file.startswith(FOREIGN)


def relative_source(path: str) -> str:
    """``/usr/src/debug/bzip2-1.0.8-1.x86_64/bzip2.c`` as ``bzip2.c``; other paths as they are."""
    return SOURCE_PREFIX.sub("", path) if path.startswith("/usr/src/") else path


def _unit(found: libdw.Subprogram) -> str:
    for unit in (found.origin_unit, found.unit):
        if unit not in ARTIFICIAL:
            return relative_source(unit)
    return relative_source(found.file)
