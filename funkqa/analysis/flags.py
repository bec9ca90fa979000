"""Bitmaps as one byte per function and back: what has to be done for each function then runs in C."""

from collections.abc import Iterable, Sequence
from operator import itemgetter

_BITS = bytes.maketrans(b"01", b"\0\1")
_DIGITS = bytes.maketrans(b"\0\1", b"01")


def bitmap(flags: Iterable[bool]) -> int:
    digits = bytes(flags).translate(_DIGITS)[::-1]
    return int(digits or b"0", 2)


def flags(bits: int, size: int) -> bytes:
    """One byte per function, 1 where its bit is set."""
    return f"{bits:0{size}b}".encode().translate(_BITS)[::-1] if size else b""


def moved(bits: int, size: int, places: Sequence[int]) -> int:
    """The bitmap whose bit i is bit ``places[i]`` of ``bits``, 0 where that is -1; ``bits`` are ``size`` wide."""
    if not bits or not places:
        return 0
    known = flags(bits, size) + b"\0"
    if len(places) == 1:
        return known[places[0]]
    return bitmap(itemgetter(*places)(known))
