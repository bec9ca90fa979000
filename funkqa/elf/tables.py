"""Jump tables: what a ``switch`` becomes. They lie among the constants and say where the code goes on."""

import struct
from collections.abc import Callable, Collection

from funkqa.elf.contents import Contents

MOST = 1 << 13
"""Entries of one table at most."""

ENTRY = 4
"""Bytes of an entry of position-independent code; of other code eight, which are the address itself."""


def jump_table(
    contents: Contents, address: int, others: Collection[int], lands: Callable[[int], bool]
) -> tuple[int, ...]:
    """Where the entries of the table at ``address`` lead; nothing if it is no table of this function.

    ``others`` are the addresses at which something else of the function may begin; ``lands`` says whether an
    instruction of the function begins at an address.
    """
    inside = contents.range(address)
    if inside is None or inside.executable or not inside.constant or not inside.content:
        return ()
    first = address - inside.start
    distance = min((each - address for each in others if each > address), default=MOST * ENTRY)
    content = inside.content[first : first + min(distance, MOST * ENTRY)]
    form, size, base = ("<Q", 8, 0) if contents.fixed else ("<i", ENTRY, address)
    found: list[int] = []
    for at in range(0, len(content) - size + 1, size):
        target = base + struct.unpack_from(form, content, at)[0]
        if not lands(target):
            break
        found.append(target)
    return tuple(found)
