"""Instructions of AVX and AVX-512 that the decoder doesn't know: how long they are, and what they refer to.

Source: "Intel 64 and IA-32 Architectures Software Developer's Manual", volume 2, chapters 2.1.3 (ModRM), 2.3.5
(VEX), 2.7.1 (EVEX), and the opcode maps of appendix A.
"""

import struct
from typing import NamedTuple

PREFIXES = {0xC5: 2, 0xC4: 3, 0x62: 4}
"""First byte to length of the prefix: VEX of two and three bytes, EVEX."""

WITH_IMMEDIATE = frozenset((0x70, 0x71, 0x72, 0x73, 0xC2, 0xC4, 0xC5, 0xC6))
"""Opcodes of the map 0F that end with a byte of immediate; all of the map 0F3A do."""


class Vector(NamedTuple):
    """Size in bytes; of an operand in memory that is relative to the next instruction, the place and value."""

    size: int
    place: int = 0
    displacement: int | None = None


def vector_instruction(code: bytes) -> Vector | None:
    """What ``code`` begins with, if it is such an instruction and whole."""
    prefix = PREFIXES.get(code[0]) if code else None
    if prefix is None or len(code) < prefix + 2:
        return None
    table = {0xC5: 1, 0xC4: code[1] & 0x1F, 0x62: code[1] & 0x7}[code[0]]
    opcode, modrm = code[prefix], code[prefix + 1]
    size = prefix + 2
    mode, register = modrm >> 6, modrm & 7
    relative = mode == 0 and register == 5
    if mode != 3 and register == 4:
        if len(code) <= size:
            return None
        base, size = code[size] & 7, size + 1
        size += 4 if mode == 0 and base == 5 else 0
    size += {1: 1, 2: 4}.get(mode, 4 if relative else 0)
    place = prefix + 2
    size += table == 3 or (table == 1 and opcode in WITH_IMMEDIATE)
    if len(code) < size:
        return None
    return Vector(size, place, struct.unpack_from("<i", code, place)[0]) if relative else Vector(size)
