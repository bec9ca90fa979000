"""Finished inventories, kept beside the debug files by build ID: reading one takes a tenth of making it.

A file belongs to one version of funkqa's own code, one image and one file of symbols. It is JSON in columns,
behind the CRC of its bytes; what is damaged or foreign is as good as not there.
"""

import hashlib
import json
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cache, reduce
from operator import attrgetter
from pathlib import Path
from tempfile import mkstemp
from typing import Any, NamedTuple

import funkqa
from funkqa.model.plan import DebugFile, Function, Inlined, SkipReason, Standing
from funkqa.model.units import BuildId, FileOffset
from funkqa.system import leftovers, locks

MADE_BY = ("elf", "debuginfo", "system/libdw.py", "model/plan.py")
"""The parts of funkqa that an inventory depends on."""

STANDINGS = tuple(Standing)
REASONS = (None, *SkipReason)


class Place(NamedTuple):
    """Where a probe of a function may sit: the function's index, the offset, whether the kernel emulates it."""

    function: int
    offset: FileOffset
    emulated: bool


class Inventoried(NamedTuple):
    """All that is known of an image's functions before a recipe's filters."""

    functions: tuple[Function, ...]
    places: tuple[Place, ...]
    inlined: tuple[Inlined, ...]


def path_of(directory: Path, build_id: BuildId, image: os.stat_result, debug: DebugFile) -> Path | None:
    """Where the inventory of an image is kept; None without a build ID, which alone tells builds apart."""
    if len(build_id) < 3:
        return None
    symbols = debug.symbols.stat()
    facts = (debug.status.value, image.st_size, image.st_mtime_ns, symbols.st_size, symbols.st_mtime_ns)
    supplementary = debug.supplementary.name if debug.supplementary else ""
    key = hashlib.sha256(repr((_own_code(), *facts, supplementary)).encode()).hexdigest()[:16]
    return directory / build_id[:2] / f"{build_id[2:]}-{key}.inventory"


def load(path: Path) -> Inventoried | None:
    """The inventory, if it is there and whole."""
    try:
        crc, _, content = path.read_bytes().partition(b"\n")
        if crc != f"{zlib.crc32(content):08x}".encode():
            return None
        with suppress(OSError):  # the last use, for bounding the cache
            os.utime(path)
        return _from_columns(json.loads(content))
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None


def save(path: Path, inventoried: Inventoried) -> None:
    """Keep the inventory. A cache that can't be written is no fault: the next run makes it again."""
    columns = (f'"{name}":{json.dumps(column, separators=(",", ":"))}' for name, column in _columns(inventoried))
    # One after the other, for together they take as much memory as what they tell of.
    content = [part.encode("ascii") for column in columns for part in (",", column)]
    content[0] = b"{"
    content.append(b"}")
    crc = reduce(lambda value, part: zlib.crc32(part, value), content, 0)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = mkstemp(prefix=leftovers.CACHED, dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as stream, locks.owned(Path(name)):
                stream.write(f"{crc:08x}\n".encode())
                stream.writelines(content)
                stream.flush()
                os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


class _Numbers(dict[str, int]):
    """Numbers of texts, in the order in which they are asked for first."""

    def __missing__(self, text: str) -> int:
        self[text] = number = len(self)
        return number


def _columns(inventoried: Inventoried) -> Iterator[tuple[str, object]]:
    texts, functions = _Numbers(), inventoried.functions

    def column(field: str) -> Iterator[Any]:
        return map(attrgetter(field), functions)

    yield (
        "numbers",
        [
            *(list(column(field)) for field in ("vaddr", "offset", "size")),
            *([texts[text] for text in column(field)] for field in ("unit", "file")),
            *(list(column(field)) for field in ("line", "ordinal", "local")),
            list(map(STANDINGS.index, column("standing"))),
            list(map(REASONS.index, column("reason"))),
        ],
    )
    yield "names", [names[0] if len(names) == 1 else names for names in column("names")]
    for field in ("symbol", "demangled"):
        pairs = zip(column(field), column("names"), strict=True)
        yield field, [None if text == names[0] else text for text, names in pairs]
    yield "places", list(zip(*inventoried.places, strict=True))
    yield (
        "inlined",
        [
            (each.name, each.demangled, texts[each.unit], texts[each.file], each.line)
            for each in inventoried.inlined
        ],
    )
    yield "texts", list(texts)


def _from_columns(columns: Any) -> Inventoried:
    texts: Callable[[int], str] = columns["texts"].__getitem__
    names = [(each,) if type(each) is str else tuple(each) for each in columns["names"]]
    vaddr, offset, size, unit, file, line, ordinal, local, standing, reason = columns["numbers"]
    functions = map(  # one call for each, without a step of Python's in between
        Function,
        vaddr,
        offset,
        size,
        [every[0] if other is None else other for every, other in zip(names, columns["symbol"], strict=True)],
        names,
        [every[0] if other is None else other for every, other in zip(names, columns["demangled"], strict=True)],
        local,
        map(texts, unit),
        map(texts, file),
        line,
        ordinal,
        map(STANDINGS.__getitem__, standing),
        map(REASONS.__getitem__, reason),
    )
    places = map(Place, *columns["places"]) if columns["places"] else ()
    inlined = (
        Inlined(name, clear, texts(unit), texts(file), line)
        for name, clear, unit, file, line in columns["inlined"]
    )
    return Inventoried(tuple(functions), tuple(places), tuple(inlined))


@cache
def _own_code() -> str:
    """A digest of the code that makes inventories, so that none outlives it."""
    top = Path(__file__).parents[1]
    digest = hashlib.sha256(funkqa.__version__.encode())
    for file in _sources(top, MADE_BY):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _sources(top: Path, parts: Sequence[str]) -> Iterator[Path]:
    for part in parts:
        path = top / part
        yield from sorted(path.glob("*.py")) if path.is_dir() else (path,)
