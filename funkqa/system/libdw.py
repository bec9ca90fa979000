"""libdw of elfutils: where functions are declared, following dwz supplementary files.

Function names and structures as in ``elfutils/libdw.h``; the library keeps them stable (``libdw.so.1``).
"""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from funkqa.model.errors import ElfError, ToolMissing

DWARF_C_READ = 0
DW_AT_ABSTRACT_ORIGIN = 0x31
DW_AT_SPECIFICATION = 0x47
DWARF_CB_OK = 0


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


class Subprogram(NamedTuple):
    """A function with code: its entry, declared file and line, its unit, and the unit of its origin.

    The origin is the abstract or declared function that it was made from: with link-time optimisation the
    concrete function stands in a unit called ``<artificial>`` and only its origin knows the source file.
    """

    entry: int
    file: str
    line: int
    unit: str
    origin_unit: str


_FunctionCallback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Die), ctypes.c_void_p)


def subprograms(path: Path, supplementary: Path | None) -> list[Subprogram]:
    """Every function with code that the DWARF of the file at ``path`` describes; none if it has no DWARF.

    Raises ElfError if the file refers to a supplementary file and ``supplementary`` isn't it: libdw would
    then return functions without names and say nothing.
    """
    libdw = _library()
    with _opened(libdw, path) as dwarf:
        if dwarf is None:
            return []
        if supplementary is None:
            return list(_walk(libdw, dwarf))
        with _opened(libdw, supplementary) as alternate:
            if alternate is None:
                raise ElfError("the supplementary debug file has no DWARF", where=str(supplementary))
            libdw.dwarf_setalt(dwarf, alternate)
            found = list(_walk(libdw, dwarf))
            libdw.dwarf_setalt(dwarf, None)
            return found


def _walk(libdw: Any, dwarf: Any) -> Iterator[Subprogram]:
    offset, following, header = ctypes.c_uint64(0), ctypes.c_uint64(), ctypes.c_size_t()
    while libdw.dwarf_nextcu(dwarf, offset, ctypes.byref(following), ctypes.byref(header), None, None, None) == 0:
        unit = _Die()
        if libdw.dwarf_offdie(dwarf, offset.value + header.value, ctypes.byref(unit)):
            found: list[Subprogram] = []
            callback = _FunctionCallback(_collector(libdw, unit, found))
            libdw.dwarf_getfuncs(ctypes.byref(unit), callback, None, 0)
            yield from found
        offset.value = following.value


def _collector(libdw: Any, unit: _Die, found: list[Subprogram]) -> Any:
    unit_name = _text(libdw.dwarf_diename(ctypes.byref(unit)))
    unit_names: dict[int, str] = {}

    def collect(pointer: Any, _argument: Any) -> int:
        entry = _entry(libdw, pointer)
        if entry is not None:
            line = ctypes.c_int(0)
            libdw.dwarf_decl_line(pointer, ctypes.byref(line))
            file = _text(libdw.dwarf_decl_file(pointer))
            found.append(Subprogram(entry, file, line.value, unit_name, _origin(libdw, pointer, unit_names)))
        return DWARF_CB_OK

    return collect


def _entry(libdw: Any, pointer: Any) -> int | None:
    address = ctypes.c_uint64()
    if libdw.dwarf_entrypc(pointer, ctypes.byref(address)) == 0:
        return address.value
    base, start, end = ctypes.c_uint64(), ctypes.c_uint64(), ctypes.c_uint64()
    # Split into hot and cold parts: the first range holds the entry.
    if libdw.dwarf_ranges(pointer, 0, ctypes.byref(base), ctypes.byref(start), ctypes.byref(end)) > 0:
        return start.value
    return None


def _origin(libdw: Any, pointer: Any, unit_names: dict[int, str]) -> str:
    """The unit of the function that this one was made from; empty if it was made from none."""
    current, name = pointer, ""
    for code in (DW_AT_ABSTRACT_ORIGIN, DW_AT_SPECIFICATION):
        attribute, origin = _Attribute(), _Die()
        if not libdw.dwarf_attr(current, code, ctypes.byref(attribute)):
            continue
        if not libdw.dwarf_formref_die(ctypes.byref(attribute), ctypes.byref(origin)):
            continue
        if origin.cu not in unit_names:
            unit = _Die()
            known = libdw.dwarf_diecu(ctypes.byref(origin), ctypes.byref(unit), None, None)
            unit_names[origin.cu] = _text(libdw.dwarf_diename(ctypes.byref(unit))) if known else ""
        name = unit_names[origin.cu]
        current = ctypes.pointer(origin)
    return name


@contextmanager
def _opened(libdw: Any, path: Path) -> Iterator[Any]:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    dwarf = libdw.dwarf_begin(fd, DWARF_C_READ)
    try:
        yield dwarf
    finally:
        if dwarf is not None:
            libdw.dwarf_end(dwarf)
        os.close(fd)


def _text(raw: bytes | None) -> str:
    return raw.decode(errors="backslashreplace") if raw else ""


def is_installed() -> bool:
    """Whether the library can be loaded."""
    try:
        _library()
    except ToolMissing:
        return False
    return True


def _library() -> Any:
    try:
        libdw = ctypes.CDLL("libdw.so.1")
    except OSError:
        raise ToolMissing(
            "libdw.so.1 is not installed", hint="install libdw1 (openSUSE, Debian) or elfutils-libs"
        ) from None
    libdw.dwarf_begin.restype = ctypes.c_void_p
    libdw.dwarf_end.argtypes = [ctypes.c_void_p]
    libdw.dwarf_setalt.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    libdw.dwarf_setalt.restype = None
    libdw.dwarf_nextcu.argtypes = [ctypes.c_void_p, ctypes.c_uint64, *[ctypes.c_void_p] * 5]
    libdw.dwarf_offdie.argtypes = [ctypes.c_void_p, ctypes.c_uint64, ctypes.c_void_p]
    libdw.dwarf_offdie.restype = ctypes.c_void_p
    libdw.dwarf_getfuncs.argtypes = [ctypes.c_void_p, _FunctionCallback, ctypes.c_void_p, ctypes.c_ssize_t]
    libdw.dwarf_getfuncs.restype = ctypes.c_ssize_t
    libdw.dwarf_ranges.argtypes = [ctypes.c_void_p, ctypes.c_ssize_t, *[ctypes.c_void_p] * 3]
    libdw.dwarf_ranges.restype = ctypes.c_ssize_t
    libdw.dwarf_attr.argtypes = [ctypes.c_void_p, ctypes.c_uint, ctypes.c_void_p]
    for name in ("dwarf_diename", "dwarf_decl_file"):
        getattr(libdw, name).restype = ctypes.c_char_p
    for name in ("dwarf_attr", "dwarf_formref_die", "dwarf_diecu"):
        getattr(libdw, name).restype = ctypes.c_void_p
    return libdw
