"""What could run: the tables ``images``, ``functions``, ``texts`` and ``skips``."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from sqlite3 import Connection

from funkqa.model.plan import DebugFileStatus, Function, Image, ImageRole, Inlined, SkipReason, Standing
from funkqa.model.units import BuildId, FileOffset, Vaddr
from funkqa.store.format import storable
from funkqa.store.inlined import insert_inlined, read_inlined
from funkqa.store.untrusted import (
    INTEGER,
    OPTIONAL_TEXT,
    TEXT,
    flag,
    in_order,
    json_texts,
    read_rows,
)

_STANDINGS = {standing.value: standing for standing in Standing}
# By name: the values are sentences for people, which may be reworded.
_REASONS: Mapping[str | None, SkipReason | None] = {None: None} | {reason.name: reason for reason in SkipReason}


def inventory_sha256(functions: Iterable[Function]) -> str:
    """Hex digest; equal digests mean that bit i stands for the same function in both.

    Fields end with NUL, which neither a symbol nor a path can contain.
    """
    digest = sha256()
    for function in functions:
        names = "\0".join(function.names)
        unit = function.unit if function.local else ""
        place = f"{function.ordinal}\0{function.vaddr}\0{function.size}"
        text = f"{names}\0\0{unit}\0{place}\0{function.standing.value}\0"
        digest.update(text.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def insert_images(connection: Connection, images: tuple[Image, ...]) -> None:
    numbers: dict[str, int] = {}
    for number, image in enumerate(images):
        connection.execute(
            """INSERT INTO images VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), ?, ?,
                                          CAST(? AS TEXT), CAST(? AS TEXT), ?, CAST(? AS TEXT), ?, ?)""",
            (
                number,
                storable(image.package),
                storable(image.arch),
                storable(image.path),
                json.dumps(image.links),
                image.role.value,
                storable(image.soname),
                storable(image.build_id),
                image.debug.value,
                storable(image.debug_package),
                len(image.functions),
                inventory_sha256(image.functions),
            ),
        )
        connection.executemany(
            """INSERT INTO functions VALUES (?, ?, ?, ?, ?, CAST(? AS TEXT), ?, CAST(? AS TEXT), CAST(? AS TEXT),
                                             ?, ?, ?, ?, ?, ?, ?)""",
            _function_rows(number, image.functions, numbers),
        )
        insert_inlined(connection, number, image.inlined, numbers)
    connection.executemany(
        "INSERT INTO texts VALUES (?, CAST(? AS TEXT))",
        ((number, storable(text)) for text, number in numbers.items()),
    )


def _function_rows(
    image: int, functions: tuple[Function, ...], numbers: dict[str, int]
) -> Iterator[tuple[object, ...]]:
    for number, function in enumerate(functions):
        name = function.names[0]
        yield (
            image,
            number,
            _signed(function.vaddr),
            _signed(function.offset),
            _signed(function.size),
            storable(name),
            json.dumps(function.names[1:]) if len(function.names) > 1 else None,
            storable(function.symbol) if function.symbol != name else None,
            storable(function.demangled) if function.demangled != name else None,
            function.local,
            numbers.setdefault(function.unit, len(numbers)),
            numbers.setdefault(function.file, len(numbers)),
            function.line,
            function.ordinal,
            function.standing.value,
            function.reason.name if function.reason else None,
        )


def insert_skips(connection: Connection, skips: Iterable[tuple[int, int, SkipReason]]) -> None:
    """(image, function, reason) of probes that were planned and couldn't stay; the first reason stands."""
    connection.executemany(
        "INSERT OR IGNORE INTO skips VALUES (?, ?, ?)",
        ((image, function, reason.name) for image, function, reason in skips),
    )


Inventories = dict[tuple[str, ...], tuple[tuple[Function, ...], tuple[Inlined, ...]]]
"""What was read of images before, by digest, build ID, path and source of symbols: equal ones are read once."""


def read_images(connection: Connection, known: Inventories | None = None) -> tuple[Image, ...]:
    """The images; inventories that aren't ``known`` are added there. What is known isn't read again."""
    known = {} if known is None else known
    earlier = dict(known)  # of this file each image is read, for a forged one may call two the same
    skips = _read_skips(connection)
    texts: dict[int, str] = {}
    images: list[Image] = []
    query = """SELECT id, package, arch, path, links, role, soname, build_id, debug, debug_package, functions,
               inventory_sha256 FROM images ORDER BY id"""
    kinds = (INTEGER, *(TEXT,) * 9, INTEGER, TEXT)
    for number, package, arch, path, links, role, soname, build_id, debug, *rest in list(
        read_rows(connection, query, *kinds)
    ):
        in_order(number, len(images), "image")
        debug_package, count, digest = rest
        key = (digest, build_id, path, debug)
        if key in earlier:
            functions, inlined = earlier[key]
        else:
            texts = texts or dict(read_rows(connection, "SELECT id, text FROM texts", INTEGER, TEXT))
            read = tuple(_read_functions(connection, number, texts))
            if inventory_sha256(read) != digest:
                raise ValueError(f"the functions of {path} aren't those that were written")
            functions, inlined = known[key] = (read, read_inlined(connection, number, texts))
        if len(functions) != count:
            raise ValueError(f"the functions of {path} aren't those that were written")
        images.append(
            Image(
                package=package,
                arch=arch,
                path=path,
                links=json_texts(links),
                role=ImageRole(role),
                soname=soname,
                build_id=BuildId(build_id),
                debug=DebugFileStatus(debug),
                debug_package=debug_package,
                functions=_skipped(functions, skips.pop(number, {}), path),
                inlined=inlined,
            )
        )
    for table in ("functions", "inlined"):
        beyond = f"SELECT count(*) FROM {table} WHERE image < 0 OR image >= {len(images)}"
        if skips or connection.execute(beyond).fetchone() != (0,):
            raise ValueError("it holds functions of an image that doesn't exist")
    return tuple(images)


def _skipped(functions: tuple[Function, ...], skips: Mapping[int, SkipReason], path: str) -> tuple[Function, ...]:
    """The functions, those skipped during the run as skipped."""
    if not skips:
        return functions
    changed = list(functions)
    for function, reason in skips.items():
        if not 0 <= function < len(functions):
            raise ValueError(f"{path} has no function {function} to skip")
        changed[function] = replace(functions[function], standing=Standing.SKIPPED, reason=reason)
    return tuple(changed)


def _read_functions(connection: Connection, image: int, texts: Mapping[int, str]) -> list[Function]:
    functions: list[Function] = []
    query = f"""SELECT function, vaddr, offset, size, name, aliases, symbol, demangled, local, unit, file,
               line, ordinal, standing, reason FROM functions WHERE image = {image} ORDER BY function"""
    kinds = (
        *(INTEGER,) * 4,
        *(TEXT, OPTIONAL_TEXT, OPTIONAL_TEXT, OPTIONAL_TEXT),
        *(INTEGER,) * 5,
        *(TEXT, OPTIONAL_TEXT),
    )
    for (
        number, vaddr, offset, size, name, aliases, symbol, demangled, local, unit, file, line,
        ordinal, standing, reason,
    ) in read_rows(connection, query, *kinds):  # fmt: skip
        in_order(number, len(functions), "function")
        functions.append(
            Function(
                Vaddr(vaddr & _MAX_U64),
                FileOffset(offset & _MAX_U64),
                size & _MAX_U64,
                name if symbol is None else symbol,
                (name,) if aliases is None else (name, *json_texts(aliases)),
                name if demangled is None else demangled,
                flag(local),
                texts[unit],
                texts[file],
                line,
                ordinal,
                _STANDINGS[standing],
                _REASONS[reason],
            )
        )
    return functions


def _read_skips(connection: Connection) -> dict[int, dict[int, SkipReason]]:
    skips: dict[int, dict[int, SkipReason]] = {}
    query = "SELECT image, function, reason FROM skips"
    for image, function, reason in read_rows(connection, query, INTEGER, INTEGER, TEXT):
        skips.setdefault(image, {})[function] = SkipReason[reason]
    return skips


_MAX_U64 = (1 << 64) - 1


def _signed(value: int) -> int:
    """An ELF word as SQLite's signed integer: a damaged symbol may claim any address."""
    if not 0 <= value <= _MAX_U64:
        raise OverflowError(f"{value} is no 64-bit word")
    return value if value < 1 << 63 else value - (1 << 64)
