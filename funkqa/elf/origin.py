"""Where a program looks for libraries beside itself: ``$ORIGIN`` in DT_RPATH and DT_RUNPATH (ld.so(8))."""

import posixpath
from collections.abc import Iterator
from typing import IO

from elftools.elf.dynamic import DynamicSection

from funkqa.elf.reading import opened, readable

ORIGINS = ("$ORIGIN", "${ORIGIN}")


def origin_folders(stream: IO[bytes], path: str) -> tuple[str, ...]:
    """The folders for the program at this path. Raises ElfError for a damaged file."""
    with readable(path):
        dynamic = opened(stream).get_section_by_name(".dynamic")
        if not isinstance(dynamic, DynamicSection):
            return ()
        return tuple(_expanded(dynamic, posixpath.dirname(path)))


def _expanded(dynamic: DynamicSection, origin: str) -> Iterator[str]:
    for tag in dynamic.iter_tags():
        if tag.entry.d_tag in ("DT_RPATH", "DT_RUNPATH"):
            listed = str(tag.rpath if tag.entry.d_tag == "DT_RPATH" else tag.runpath)
            for folder in listed.split(":"):
                for name in ORIGINS:
                    if name in folder:
                        yield posixpath.normpath(folder.replace(name, origin))
