"""The inventory: every function of an image, once, with an identity that survives a rebuild."""

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
    seen: dict[tuple[str, str], int] = {}
    numbers: dict[Vaddr, int] = {}
    functions: list[Function] = []
    found: list[tuple[Vaddr, Function]] = []
    for vaddr in sorted(bodies):
        body, owner = bodies[vaddr], owned.get(vaddr)
        names, first = ((owner.name,), owner.vaddr) if owner else (_names(body.symbols, facts.is_go), vaddr)
        identity = (names[0], body.unit if body.symbols[0].binding == STB_LOCAL else "")
        function = _function(facts, vaddr, body, names, readable, seen.get(identity, 0))
        if first == vaddr:
            seen[identity] = function.ordinal + 1
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
        vaddr: Body(_ordered(aliases), declarations.get(vaddr, UNDECLARED))
        for vaddr, group in by_address.items()
        if (aliases := group if is_go else _aliases(group))
    }


def _aliases(group: list[Symbol]) -> list[Symbol]:
    """The names of one address that are names of its code: no cold part, and not what a resolver chooses."""
    if len(group) == 1:
        return [] if is_cold_part(group[0].name) else group
    resolvers = {symbol.name for symbol in group if symbol.name.endswith(RESOLVER)}
    return [
        symbol
        for symbol in group
        if not is_cold_part(symbol.name) and not (symbol.chooses and f"{symbol.name}{RESOLVER}" in resolvers)
    ]


def _ordered(aliases: list[Symbol]) -> tuple[Symbol, ...]:
    return tuple(aliases if len(aliases) == 1 else sorted(aliases, key=_preference))


def _function(
    facts: ElfFacts,
    vaddr: Vaddr,
    body: Body,
    names: tuple[str, ...],
    readable: Mapping[str, str],
    ordinal: int,
) -> Function:
    symbols, (unit, file, line) = body
    name, best, offset = names[0], symbols[0], facts.offset(vaddr)
    adorned = facts.is_go or name != best.name
    standing, reason = Standing.PROBED, None
    if (name in GLUE) if facts.is_go else any(map(is_glue, names)):
        standing = Standing.GLUE
    elif offset is None:
        standing, reason = Standing.SKIPPED, SkipReason.OUTSIDE_SEGMENTS
    return Function(
        vaddr=vaddr,
        offset=FileOffset(0 if offset is None else offset + best.entry),
        size=best.size if len(symbols) == 1 else max(alias.size for alias in symbols),
        symbol=best.name,
        names=names,
        demangled=readable.get(name) or (adorned and readable.get(unadorned(best.name))) or name,
        local=best.binding == STB_LOCAL,
        unit=unit or best.unit,
        file=file,
        line=line,
        ordinal=ordinal,
        standing=standing,
        reason=reason,
    )


def _names(symbols: tuple[Symbol, ...], is_go: bool) -> tuple[str, ...]:
    if len(symbols) == 1:
        return (symbols[0].name if is_go else linkage_name(symbols[0].name),)
    return tuple(dict.fromkeys(symbol.name if is_go else linkage_name(symbol.name) for symbol in symbols))


def _preference(symbol: Symbol) -> tuple[bool, bool, bool, int, str]:
    """Code before what it chooses, global before local, public before underscored, short before long."""
    underscored, local = symbol.name.startswith("_"), symbol.binding == STB_LOCAL
    return (symbol.chooses, local, underscored, len(symbol.name), symbol.name)
