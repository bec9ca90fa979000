"""The examples in the manual pages of packages, installed or in files."""

import bz2
import gzip
import lzma
import re
import stat
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from funkqa.packages import archive
from funkqa.packages.contents import Contents
from funkqa.recipe.draft import Example
from funkqa.recipe.manpage import examples

LARGEST_PAGE = 4 << 20
_PAGE = re.compile(r"/man/man([1568])[^/]*/([^/]+?)\.\1[^/.]*(?:\.(gz|bz2|xz))?")
"""Programs, files, games, administration; other sections are about C."""
_UNPACK: Mapping[str, Callable[[bytes], bytes]] = {
    "gz": gzip.decompress,
    "bz2": bz2.decompress,
    "xz": lzma.decompress,
    "": bytes,
}


def find_examples(packages: Sequence[Contents], programs: Sequence[str]) -> tuple[Example, ...]:
    """The examples of all manual pages, those of pages called like ``programs`` first."""
    found: dict[str, Example] = {}
    for package in packages:
        pages = {
            file.path: match
            for file in package.files
            if stat.S_ISREG(file.mode) and (match := _PAGE.search(file.path)) and "/locale" not in file.path
            and re.search(r"/share/man/man\d", file.path)
        }  # fmt: skip
        for path, content in _read(package, list(pages)).items():
            section, name, packing = pages[path].groups(default="")
            try:
                lines = examples(_UNPACK[packing](content).decode("utf-8", "replace"))
            except (OSError, EOFError, lzma.LZMAError, zlib.error):
                continue  # a damaged page has no examples; that is no fault of the package's programs
            if lines:
                found.setdefault(f"{name}({section})", Example(f"{name}({section})", lines))
    rank = {name: number for number, name in enumerate(programs)}
    return tuple(
        sorted(found.values(), key=lambda each: (rank.get(each.page.partition("(")[0], len(rank)), each.page))
    )


def _read(package: Contents, paths: Sequence[str]) -> Mapping[str, bytes]:
    if not paths:
        return {}
    if package.rpm:
        return archive.contents(package.rpm, frozenset(paths), LARGEST_PAGE)
    read = {}
    for path in map(Path, paths):
        if path.is_file() and path.stat().st_size <= LARGEST_PAGE:  # --excludedocs leaves pages out
            read[str(path)] = path.read_bytes()
    return read
