"""The function symbols of an image, from wherever its debug file says they are."""

from collections.abc import Sequence
from typing import IO

from funkqa.elf.image import Symbol, read_function_symbols
from funkqa.elf.unwind import has_unnamed_functions, unnamed_functions
from funkqa.model.errors import ElfError
from funkqa.model.plan import DebugFile, DebugFileStatus

BESIDE = (DebugFileStatus.MINIDEBUGINFO, DebugFileStatus.UNWIND)


def read_symbols(debug: DebugFile, image: IO[bytes], where: str) -> tuple[Symbol, ...]:
    """The function symbols; ``image`` is the image itself, ``where`` its path for messages. Raises ElfError.

    Minidebuginfo lacks what ``.dynsym`` has, and static functions that are called like a function there: both
    tables are read, and what is still without a name is told from ``.eh_frame``.
    """
    with debug.symbols.open("rb") as stream:
        found = read_function_symbols(stream, where)
    if debug.status is DebugFileStatus.MINIDEBUGINFO:
        found = (*read_function_symbols(image, where), *found)
    return (*found, *_unnamed(image, where, found)) if debug.status in BESIDE else found


def _unnamed(image: IO[bytes], where: str, known: Sequence[Symbol]) -> tuple[Symbol, ...]:
    """What ``.eh_frame`` adds to the ``known`` functions; nothing if it can't be read."""
    try:
        return unnamed_functions(image, where, known)
    except ElfError:
        return ()


def has_unnamed(image: IO[bytes], where: str) -> bool:
    """Whether ``.eh_frame`` adds anything to the image's own symbols."""
    known = read_function_symbols(image, where)
    try:
        return has_unnamed_functions(image, where, known)
    except ElfError:
        return False
