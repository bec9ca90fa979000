"""Small changes of ELF files: where their tables and sections are, mostly without moving anything."""

import random
import struct
from collections.abc import Callable

BORDERS = (0, 1, 2, 7, 8, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 40, 1 << 63)
SIZES = {1: "B", 2: "H", 4: "I", 8: "Q"}


def changed(content: bytes, other: bytes, dice: random.Random) -> bytes:
    """The file after one to eight changes; ``other`` is a file to take bytes from."""
    result = bytearray(content)
    places = _places(content)
    for _ in range(dice.choice((1, 1, 1, 2, 2, 3, 5, 8))):
        if not result:
            break
        start, end = dice.choice(places)
        end = min(end, len(result))
        at = dice.randrange(start, end) if start < end else dice.randrange(len(result))
        _change(result, at, other, dice)
    return bytes(result)


def _change(result: bytearray, at: int, other: bytes, dice: random.Random) -> None:
    match dice.randrange(8):
        case 0:
            result[at] ^= 1 << dice.randrange(8)
        case 1:
            result[at] = dice.randrange(256)
        case 2 | 3:
            _number(result, at, dice, lambda old: dice.choice(BORDERS))
        case 4:
            _number(result, at, dice, lambda old: old + dice.randint(-16, 16))
        case 5:  # from elsewhere in the file
            length = dice.choice((1, 4, 8, 16, 24, 64))
            source = dice.randrange(len(result))
            result[at : at + length] = result[source : source + length][: len(result) - at]
        case 6:  # from the same place of another file
            length = dice.choice((1, 8, 64, 512))
            result[at : at + length] = other[at : at + length]
        case _:
            if dice.randrange(8) == 0:
                del result[at:]
            else:
                result[at : at + 4] = dice.randbytes(len(result[at : at + 4]))


def _number(result: bytearray, at: int, dice: random.Random, value: Callable[[int], int]) -> None:
    size = dice.choice(tuple(SIZES))
    at -= at % size
    if at + size <= len(result):
        order = dice.choice("<<<>") + SIZES[size]
        (old,) = struct.unpack_from(order, result, at)
        struct.pack_into(order, result, at, value(old) % (1 << 8 * size))


def _places(content: bytes) -> list[tuple[int, int]]:
    """Ranges to choose from: the header, each table, each section, and the whole file."""
    found = [(0, 64), (0, len(content))]
    try:
        wide, order = content[4] == 2, "<" if content[5] == 1 else ">"
        table = struct.unpack_from(f"{order}{'Q' if wide else 'I'}", content, 0x28 if wide else 0x20)[0]
        size, count = struct.unpack_from(f"{order}HH", content, 0x3A if wide else 0x2E)
        found.append((table, table + size * count))
        for number in range(min(count, 64)):
            header = table + number * size
            at = (0x18, "QQ") if wide else (0x10, "II")
            start, length = struct.unpack_from(f"{order}{at[1]}", content, header + at[0])
            found.append((start, start + length))
    except (IndexError, struct.error):
        pass
    return [(start, end) for start, end in found if 0 <= start < len(content)] or [(0, len(content))]
