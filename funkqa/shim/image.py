"""The shim of one program: the shim as it was built, with the program's paths written into it (``bpf/shim.c``)."""

import struct

from funkqa.model.errors import ElfError

MARKER = b"funkqa target\0\0\0"
PATH_BYTES = 4096
TARGET = struct.Struct(f"={len(MARKER)}s{PATH_BYTES}s{PATH_BYTES}s")


def image(template: bytes, mirror: str, aliases: str) -> bytes:
    """The whole ELF file. Raises ElfError for a template that is none, or a path that is too long."""
    paths = [path.encode("utf-8", "surrogateescape") for path in (mirror, aliases)]
    start = template.find(MARKER)
    if template.count(MARKER) != 1 or len(template) < start + TARGET.size:
        raise ElfError("this is no shim: it has no room for its target")
    if any(len(path) >= PATH_BYTES for path in paths):
        raise ElfError("its path is too long for a shim", where=mirror)
    return template[:start] + TARGET.pack(MARKER, *paths) + template[start + TARGET.size :]
