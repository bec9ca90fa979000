"""``.gnu_debugdata``: an ELF file with a ``.symtab`` of its own, compressed with xz, inside of an image.

rpm's find-debuginfo puts the function symbols there that ``.dynsym`` lacks ("MiniDebugInfo" of gdb's manual).
"""

import lzma
from typing import IO

from funkqa.elf import sections
from funkqa.model.errors import ElfError

CHUNK = 1 << 20
MOST_BYTES = 1 << 30
"""Far more than the symbols of any program: what is larger was made to fill the disk."""


def extract(stream: IO[bytes], where: str, into: IO[bytes]) -> None:
    """Write the decompressed ELF file. Raises ElfError if there is none, or if it is damaged."""
    section = sections.read(stream, where, ".gnu_debugdata")
    if section is None:
        raise ElfError("it has no .gnu_debugdata", where=where)
    xz, written, given = lzma.LZMADecompressor(lzma.FORMAT_XZ), 0, section.content
    try:
        while not xz.eof:
            part = xz.decompress(given, CHUNK)
            if not part and xz.needs_input:
                raise ElfError("its .gnu_debugdata is damaged (cut off)", where=where)
            given = b""
            written += len(part)
            if written > MOST_BYTES:
                raise ElfError("its .gnu_debugdata is larger than any table of symbols", where=where)
            into.write(part)
    except lzma.LZMAError as error:
        raise ElfError(f"its .gnu_debugdata is damaged ({error})", where=where) from error
