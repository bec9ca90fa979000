"""Where the functions of an image are declared."""

import re
from collections.abc import Mapping

from funkqa.model.plan import DebugFile, Declaration
from funkqa.model.units import Vaddr
from funkqa.system import libdw

SOURCE_PREFIX = re.compile(r"^/usr/src/debug/[^/]+/")
"""rpm's debugedit moves sources below a directory named after the package's version; identity must not."""

ARTIFICIAL = ("", "<artificial>")


def read_declarations(debug: DebugFile) -> Mapping[Vaddr, Declaration]:
    """The declaration of every function that DWARF describes, by the address of its entry."""
    return {
        Vaddr(found.entry): Declaration(_unit(found), relative_source(found.file), found.line)
        for found in libdw.subprograms(debug.symbols, debug.supplementary)
    }


def relative_source(path: str) -> str:
    """``/usr/src/debug/bzip2-1.0.8-1.x86_64/bzip2.c`` as ``bzip2.c``; other paths as they are."""
    return SOURCE_PREFIX.sub("", path)


def _unit(found: libdw.Subprogram) -> str:
    for unit in (found.origin_unit, found.unit):
        if unit not in ARTIFICIAL:
            return relative_source(unit)
    return relative_source(found.file)
