"""``.gnu_debuglink``: file name and CRC-32 of a debug file.

Format: "Separate Debug Files" of gdb's manual. Its CRC is the one of zlib.
"""

import struct
import zlib
from typing import IO, NamedTuple

from funkqa.elf import sections

CHUNK = 1 << 20


class DebugLink(NamedTuple):
    """The name, without a directory, and the CRC-32 of the whole debug file."""

    name: str
    crc: int


def read_debuglink(stream: IO[bytes], where: str) -> DebugLink | None:
    """The link, if the file has a well-formed one. Raises ElfError if the file isn't well-formed."""
    section = sections.read(stream, where, ".gnu_debuglink")
    if section is None:
        return None
    name, nul, _ = section.content.partition(b"\0")
    at = (len(name) + 4) & ~3
    if not name or not nul or b"/" in name or name in (b".", b"..") or at + 4 > len(section.content):
        return None
    order = sections.code(stream, where).order
    (crc,) = struct.unpack_from(f"{order}I", section.content, at)
    return DebugLink(name.decode(errors="surrogateescape"), crc)


def crc32(stream: IO[bytes], size: int = -1) -> int:
    """CRC-32 of the stream's bytes, or of its first ``size``."""
    value, left = 0, size
    while chunk := stream.read(CHUNK if left < 0 else min(CHUNK, left)):
        value = zlib.crc32(chunk, value)
        left -= len(chunk) if left > 0 else 0
    return value
