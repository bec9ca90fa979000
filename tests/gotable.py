"""A builder of ``.gopclntab`` as Go 1.20 writes it (``src/cmd/link/internal/ld/pcln.go``)."""

import struct
from collections.abc import Sequence

from tests.elfwriter import SHT_PROGBITS, Code, Section, elf

MAGIC = 0xFFFFFFF1
HEADER = struct.Struct("<IHBB8Q")
FUNCTION = struct.Struct("<IiIIIIIIIi")


def go_program(functions: Sequence[tuple[str, int]], *, end: int, text: int = 0x1000) -> bytes:
    """An ELF file without symbols whose Go table has these functions (name, address) up to ``end``."""
    table = gopclntab([(name, address - text) for name, address in functions], end - text, text)
    section = Section(".gopclntab", SHT_PROGBITS, table, 0x2)
    return elf(code=(Code(text, 0x1000, 0x1000),), extra=(section,))


def gopclntab(functions: Sequence[tuple[str, int]], end: int, text: int) -> bytes:
    """Every function is declared in ``main.go``, each on the line of its number times ten."""
    names, places = b"", []
    for name, _ in functions:
        places.append(len(names))
        names += name.encode() + b"\0"
    units, files = struct.pack("<I", 0), b"main.go\0"
    values, lines = b"\0", []
    zero = len(values)
    values += bytes((2, 1, 0))  # the first file of the unit: -1 + 1
    for number in range(len(functions)):
        lines.append(len(values))
        values += bytes((2 * (10 * number + 1), 1, 0))
    rows, bodies = b"", b""
    first = 8 * len(functions) + 4
    for (_, offset), place, line in zip(functions, places, lines, strict=True):
        rows += struct.pack("<II", offset, first + len(bodies))
        bodies += FUNCTION.pack(offset, place, 0, 0, 0, zero, line, 0, 0, 0)
    rows += struct.pack("<I", end) + bodies
    parts, at, starts = (names, units, files, values, rows), HEADER.size, []
    for part in parts:
        starts.append(at)
        at += len(part)
    return HEADER.pack(MAGIC, 0, 1, 8, len(functions), 1, text, *starts) + b"".join(parts)
