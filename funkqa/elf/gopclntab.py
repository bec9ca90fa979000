"""``.gopclntab``: Go's own table of functions, which stays in a stripped program because its runtime needs it.

Format: ``src/runtime/symtab.go`` (``pcHeader``, ``_func``, ``pcvalue``) and ``src/cmd/link/internal/ld/pcln.go``
of Go 1.16, 1.18 and 1.20. Older programs have another layout, and ``.symtab`` unless they were stripped.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

GO_1_16, GO_1_18, GO_1_20 = 0xFFFFFFFA, 0xFFFFFFF0, 0xFFFFFFF1
HEADER = 8
NO_FILE = 0xFFFFFFFF
MAX_SHARING, NAME_ROOM = 16, 1 << 20
"""As for symbol tables: names may overlap, but not to the square of the table."""


class GoFunction(NamedTuple):
    """A function: where its code begins, the bytes up to the next one, and the line of its first instruction."""

    name: str
    vaddr: int
    size: int
    file: str
    line: int


def functions(table: bytes, order: str, text: int) -> list[GoFunction]:
    """The functions in the order of their addresses; none if Go 1.16 or a later one didn't make the table.

    ``text`` is the address of ``.text``, for the table of a position-independent program doesn't say it. Raises
    ValueError, struct.error or IndexError for a table that is cut off.
    """
    if len(table) < HEADER:
        return []
    magic, quantum, word = *struct.unpack_from(f"{order}I", table), table[6], table[7]
    if magic not in (GO_1_16, GO_1_18, GO_1_20) or word not in (4, 8) or quantum not in (1, 2, 4):
        return []
    return list(_Table(table, order, text, magic).functions(quantum))


class _Table:
    """Offsets of the header, and the five tables that it leads to."""

    def __init__(self, table: bytes, order: str, text: int, magic: int) -> None:
        self.table, self.order = table, order
        self.new = magic != GO_1_16
        kind = "Q" if table[7] == 8 else "I"
        words = struct.unpack_from(f"{order}{8 if self.new else 7}{kind}", table, HEADER)
        self.count = words[0]
        start = words[2] if self.new else 0
        self.text = (start or text) if self.new else 0
        self.names, self.units, self.files, self.values, self.rows = words[-5:]
        self.row = f"{order}II" if self.new else f"{order}{kind}{kind}"
        self.entry_size = 4 if self.new else table[7]
        self.room = NAME_ROOM + MAX_SHARING * len(table)

    def functions(self, quantum: int) -> Iterator[GoFunction]:
        size = struct.calcsize(self.row)
        if self.rows + self.count * size > len(self.table):
            raise ValueError("Go's table of functions doesn't lie in the file")
        rows = list(struct.iter_unpack(self.row, self.table[self.rows : self.rows + self.count * size]))
        (end,) = struct.unpack_from(self.row[:2], self.table, self.rows + self.count * size)
        for (entry, place), following in zip(rows, [*(row[0] for row in rows[1:]), end], strict=True):
            at = self.rows + place + self.entry_size
            fields = struct.unpack_from(f"{self.order}iiIIIIII", self.table, at)
            name, files, lines, unit = fields[0], fields[4], fields[5], fields[7]
            file = self._file(unit, self._first_value(files))
            line = max(self._first_value(lines), 0)
            yield GoFunction(self._string(self.names + name), entry + self.text, following - entry, file, line)

    def _first_value(self, offset: int) -> int:
        """The value at the function's first instruction: a table begins with it, as a zigzag difference to -1."""
        if not offset:
            return -1
        at: int = self.values + offset
        shift = value = 0
        while True:
            byte = self.table[at]
            value |= (byte & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if byte < 0x80 or shift > 63:
                break
        difference = (value >> 1) ^ -(value & 1)
        return difference - 1

    def _file(self, unit: int, number: int) -> str:
        if number < 0 or unit == NO_FILE:
            return ""
        (offset,) = struct.unpack_from(f"{self.order}I", self.table, self.units + 4 * (unit + number))
        return "" if offset == NO_FILE else self._string(self.files + offset)

    def _string(self, start: int) -> str:
        text = self.table[start : self.table.index(b"\0", start)].decode(errors="backslashreplace")
        self.room -= len(text)
        if self.room < 0:
            raise ValueError("Go's functions share more of their names than any linker makes them")
        return text
