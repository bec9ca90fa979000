"""The inventory: every function of an image, once, with an identity that survives a rebuild."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from funkqa.elf.copies import UNDECLARED, Body, owners
from funkqa.elf.image import STB_LOCAL, ElfFacts, Symbol
from funkqa.elf.names import GLUE, RESOLVER, is_cold_part, is_glue, linkage_name, unadorned
from funkqa.model.plan import Declaration, Function, SkipReason, Standing
from funkqa.model.units import FileOffset, Vaddr


class Inventory(NamedTuple):
    """The functions in the order of their addresses, and every body of them, in the same order.

    A body is (index of the function, the body as a function of its own); most functions have one, which is they.
    """

    functions: tuple[Function, ...]
    bodies: tuple[tuple[int, Function], ...]


def inventory(
    facts: ElfFacts,
    symbols: Iterable[Symbol],
    declarations: Mapping[Vaddr, Declaration],
    readable: Mapping[str, str],
) -> Inventory:
    """Symbols of one address are one function, and so are copies of one function (``copies.py``).

    ``readable`` maps unadorned names to demangled ones where there are any.
    """
    bodies = _bodies(symbols, declarations, facts.is_go)
    owned = {} if facts.is_go else owners(bodies)
    seen: dict[tuple[str, str], int] = defaultdict(int)
    numbers: dict[Vaddr, int] = {}
    functions: list[Function] = []
    found: list[tuple[Vaddr, Function]] = []
    for vaddr in sorted(bodies):
        body, owner = bodies[vaddr], owned.get(vaddr)
        names = (owner.name,) if owner else _names(body, facts.is_go)
        first = owner.vaddr if owner else vaddr
        identity = (names[0], body.unit if body.is_local else "")
        function = _function(facts, vaddr, body, names, readable, seen[identity])
        if first == vaddr:
            seen[identity] += 1
            numbers[vaddr] = len(functions)
            functions.append(function)
        found.append((first, function))
    return Inventory(tuple(functions), tuple((numbers[first], function) for first, function in found))


def _bodies(
    symbols: Iterable[Symbol], declarations: Mapping[Vaddr, Declaration], is_go: bool
) -> dict[Vaddr, Body]:
    by_address: dict[Vaddr, list[Symbol]] = {}
    for symbol in symbols:
        if not symbol.name:
            continue
        if (known := by_address.get(symbol.vaddr)) is None:
            by_address[symbol.vaddr] = [symbol]
        else:
            known.append(symbol)
    return {
        vaddr: Body(tuple(sorted(aliases, key=_preference)), declarations.get(vaddr, UNDECLARED))
        for vaddr, group in by_address.items()
        if (aliases := group if is_go else _aliases(group))
    }


def _aliases(group: list[Symbol]) -> list[Symbol]:
    """The names of one address that are names of its code: no cold part, and not what a resolver chooses."""
    resolvers = {symbol.name for symbol in group if symbol.name.endswith(RESOLVER)} if len(group) > 1 else ()
    return [
        symbol
        for symbol in group
        if not is_cold_part(symbol.name) and not (symbol.chooses and f"{symbol.name}{RESOLVER}" in resolvers)
    ]


def _function(
    facts: ElfFacts,
    vaddr: Vaddr,
    body: Body,
    names: tuple[str, ...],
    readable: Mapping[str, str],
    ordinal: int,
) -> Function:
    best, offset = body.symbols[0], facts.offset(vaddr)
    standing, reason = Standing.PROBED, None
    if (names[0] in GLUE) if facts.is_go else any(is_glue(name) for name in names):
        standing = Standing.GLUE
    elif offset is None:
        standing, reason = Standing.SKIPPED, SkipReason.OUTSIDE_SEGMENTS
    return Function(
        vaddr=vaddr,
        offset=FileOffset(0 if offset is None else offset + best.entry),
        size=max(alias.size for alias in body.symbols),
        symbol=best.name,
        names=names,
        demangled=readable.get(names[0]) or readable.get(unadorned(best.name)) or names[0],
        local=body.is_local,
        unit=body.unit,
        file=body.declaration.file,
        line=body.declaration.line,
        ordinal=ordinal,
        standing=standing,
        reason=reason,
    )


def _names(body: Body, is_go: bool) -> tuple[str, ...]:
    names = (alias.name if is_go else linkage_name(alias.name) for alias in body.symbols)
    return tuple(dict.fromkeys(names))


def _preference(symbol: Symbol) -> tuple[bool, bool, bool, int, str]:
    """Code before what it chooses, global before local, public before underscored, short before long."""
    underscored, local = symbol.name.startswith("_"), symbol.binding == STB_LOCAL
    return (symbol.chooses, local, underscored, len(symbol.name), symbol.name)
