"""libdw of elfutils: what DWARF says of single entries, following dwz supplementary files.

It trusts what it reads: a damaged file makes it crash. So it runs in a child, which damage ends alone.

Function names and structures as in ``elfutils/libdw.h``; the library keeps them stable (``libdw.so.1``).
"""

import ctypes
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from funkqa.model.errors import ElfError, ToolMissing
from funkqa.system import apart

DWARF_C_READ = 0
DW_AT_ABSTRACT_ORIGIN, DW_AT_SPECIFICATION = 0x31, 0x47
DW_AT_LINKAGE_NAME, DW_AT_MIPS_LINKAGE_NAME = 0x6E, 0x2007
IN_SUPPLEMENTARY = frozenset((0x1F20, 0x1C, 0x24))
"""DW_FORM_GNU_ref_alt, DW_FORM_ref_sup4 and ref_sup8."""


ROOM, EXPANSION = 1 << 30, 16
"""Bytes that it may take: so many, and so many for each byte of the files, whose sections may be compressed."""


class _Die(ctypes.Structure):
    _fields_ = (
        ("addr", ctypes.c_void_p),
        ("cu", ctypes.c_void_p),
        ("abbrev", ctypes.c_void_p),
        ("padding", ctypes.c_long),
    )


class _Attribute(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint),
        ("form", ctypes.c_uint),
        ("valp", ctypes.c_void_p),
        ("cu", ctypes.c_void_p),
    )


class Entry(NamedTuple):
    """The offset of an entry, in the file or in its supplementary file."""

    offset: int
    supplementary: bool = False


class Subprogram(NamedTuple):
    """A function with code: entry address, name in the source, declared file and line, unit, unit of its origin.

    The origin is the abstract or declared function that it was made from: with link-time optimisation the
    concrete function stands in a unit called ``<artificial>`` and only its origin knows the source file.
    """

    entry: int
    name: str
    file: str
    line: int
    unit: str
    origin_unit: str
    origin: Entry | None


class Abstract(NamedTuple):
    """A function apart from any code; ``linkage_name`` is empty if DWARF has none, as for static functions."""

    name: str
    linkage_name: str
    file: str
    line: int
    unit: str


class Dwarf(NamedTuple):
    """A file with DWARF, and the supplementary (dwz) file that it refers to, if any.

    Offsets of entries are those of ``.debug_info``. Each call reads the files anew, in a child, and raises
    ElfError if libdw can't read them.
    """

    path: Path
    supplementary: Path | None = None

    def subprograms(self, offsets: Iterable[int]) -> Iterator[Subprogram]:
        """The functions with code among these entries."""
        for row in self._rows(lambda reader: reader.subprograms(offsets)):
            entry, name, file, line, unit, origin_unit, offset, elsewhere = row
            origin = None if offset is None else Entry(offset, elsewhere)
            yield Subprogram(entry, name, file, line, unit, origin_unit, origin)

    def abstract(self, entries: Iterable[Entry]) -> Iterator[tuple[Entry, Abstract]]:
        """What these entries, which have no code, say of a function."""
        for offset, elsewhere, *row in self._rows(lambda reader: reader.abstract(entries)):
            yield Entry(offset, elsewhere), Abstract(*row)

    def _rows(self, query: Callable[["_Reader"], Iterable[apart.Row]]) -> Iterator[apart.Row]:
        _library()  # here, where what is missing can be told

        def answer() -> Iterator[apart.Row]:
            with _opened(self.path, self.supplementary) as reader:
                yield from query(reader)

        sizes = sum(path.stat().st_size for path in (self.path, self.supplementary) if path is not None)
        return apart.rows(answer, "libdw", ROOM + EXPANSION * sizes)


class _Reader:
    """Open files; made by ``_opened``."""

    def __init__(self, libdw: Any, dwarf: Any, supplementary: Any) -> None:
        self._libdw, self._dwarf, self._supplementary = libdw, dwarf, supplementary
        self._units: dict[int, str] = {}
        self._texts: dict[bytes | None, str] = {None: ""}

    def subprograms(self, offsets: Iterable[int]) -> Iterator[apart.Row]:
        die, libdw = _Die(), self._libdw
        at_die = ctypes.byref(die)
        for offset in offsets:
            if not libdw.dwarf_offdie(self._dwarf, offset, at_die) or (entry := self._entry(at_die)) is None:
                continue
            file, line = self._declared(at_die)
            *origin, origin_unit = self._origin(at_die)
            name = self._text(libdw.dwarf_diename(at_die))
            yield entry, name, file, line, self._unit(die), origin_unit, *origin

    def abstract(self, entries: Iterable[Entry]) -> Iterator[apart.Row]:
        die, attribute, libdw = _Die(), _Attribute(), self._libdw
        at_die, at_attribute = ctypes.byref(die), ctypes.byref(attribute)
        for offset, elsewhere in entries:
            dwarf = self._supplementary if elsewhere else self._dwarf
            if dwarf is None or not libdw.dwarf_offdie(dwarf, offset, at_die):
                continue
            linkage_name = None
            for code in (DW_AT_LINKAGE_NAME, DW_AT_MIPS_LINKAGE_NAME):
                if libdw.dwarf_attr_integrate(at_die, code, at_attribute):
                    linkage_name = libdw.dwarf_formstring(at_attribute)
                    break
            file, line = self._declared(at_die)
            name = self._text(libdw.dwarf_diename(at_die))
            yield offset, elsewhere, name, self._text(linkage_name), file, line, self._unit(die)

    def _declared(self, at_die: Any) -> tuple[str, int]:
        line = ctypes.c_int(0)
        self._libdw.dwarf_decl_line(at_die, ctypes.byref(line))
        return self._text(self._libdw.dwarf_decl_file(at_die)), line.value

    def _entry(self, at_die: Any) -> int | None:
        address = ctypes.c_uint64()
        if self._libdw.dwarf_entrypc(at_die, ctypes.byref(address)) == 0:
            return address.value
        base, start, end = ctypes.c_uint64(), ctypes.c_uint64(), ctypes.c_uint64()
        places = (ctypes.byref(base), ctypes.byref(start), ctypes.byref(end))
        # Split into hot and cold parts: the first range holds the entry.
        return start.value if self._libdw.dwarf_ranges(at_die, 0, *places) > 0 else None

    def _origin(self, at_die: Any) -> tuple[int | None, bool, str]:
        """The entry that this one was made from (its offset, whether it is in the other file), and its unit."""
        attribute, origin = _Attribute(), _Die()
        at_attribute, at_origin = ctypes.byref(attribute), ctypes.byref(origin)
        for code in (DW_AT_ABSTRACT_ORIGIN, DW_AT_SPECIFICATION):
            if not self._libdw.dwarf_attr(at_die, code, at_attribute):
                continue
            if self._libdw.dwarf_formref_die(at_attribute, at_origin):
                supplementary = attribute.form in IN_SUPPLEMENTARY
                return self._libdw.dwarf_dieoffset(at_origin), supplementary, self._unit(origin)
        return None, False, ""

    def _unit(self, die: _Die) -> str:
        if die.cu not in self._units:
            unit = _Die()
            known = self._libdw.dwarf_diecu(ctypes.byref(die), ctypes.byref(unit), None, None)
            self._units[die.cu] = self._text(self._libdw.dwarf_diename(ctypes.byref(unit))) if known else ""
        return self._units[die.cu]

    def _text(self, raw: bytes | None) -> str:
        if raw not in self._texts:
            self._texts[raw] = (raw or b"").decode(errors="backslashreplace")
        return self._texts[raw]


@contextmanager
def _opened(path: Path, supplementary: Path | None) -> Iterator[_Reader]:
    """Raises ElfError if one has no DWARF: libdw would return functions without names and say nothing."""
    libdw = _library()
    with _begun(libdw, path) as dwarf:
        if dwarf is None:
            raise ElfError("libdw finds no DWARF in it")
        if supplementary is None:
            yield _Reader(libdw, dwarf, None)
            return
        with _begun(libdw, supplementary) as alternate:
            if alternate is None:
                raise ElfError(f"the supplementary debug file has no DWARF: {supplementary}")
            libdw.dwarf_setalt(dwarf, alternate)
            yield _Reader(libdw, dwarf, alternate)
            libdw.dwarf_setalt(dwarf, None)


@contextmanager
def _begun(libdw: Any, path: Path) -> Iterator[Any]:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    dwarf = libdw.dwarf_begin(fd, DWARF_C_READ)
    try:
        yield dwarf
    finally:
        if dwarf is not None:
            libdw.dwarf_end(dwarf)
        os.close(fd)


def is_installed() -> bool:
    """Whether the library can be loaded."""
    try:
        _library()
    except ToolMissing:
        return False
    return True


@cache
def _library() -> Any:
    try:
        libdw = ctypes.CDLL("libdw.so.1")
    except OSError:
        raise ToolMissing(
            "libdw.so.1 is not installed", hint="install libdw1 (openSUSE, Debian) or elfutils-libs"
        ) from None
    pointer = ctypes.c_void_p
    libdw.dwarf_begin.restype = pointer
    libdw.dwarf_end.argtypes = [pointer]
    libdw.dwarf_setalt.argtypes, libdw.dwarf_setalt.restype = [pointer, pointer], None
    libdw.dwarf_offdie.argtypes = [pointer, ctypes.c_uint64, pointer]
    libdw.dwarf_ranges.argtypes = [pointer, ctypes.c_ssize_t, *[pointer] * 3]
    libdw.dwarf_ranges.restype = ctypes.c_ssize_t
    libdw.dwarf_dieoffset.restype = ctypes.c_uint64
    for name in ("dwarf_attr", "dwarf_attr_integrate"):
        getattr(libdw, name).argtypes = [pointer, ctypes.c_uint, pointer]
    for name in ("dwarf_diename", "dwarf_decl_file", "dwarf_formstring"):
        getattr(libdw, name).restype = ctypes.c_char_p
    for name in ("dwarf_attr", "dwarf_attr_integrate", "dwarf_formref_die", "dwarf_diecu", "dwarf_offdie"):
        getattr(libdw, name).restype = pointer
    return libdw
