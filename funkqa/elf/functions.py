"""The inventory: every function of an image, once, with an identity that survives a rebuild."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from funkqa.elf.image import STB_LOCAL, ElfFacts, Symbol
from funkqa.elf.names import is_cold_part, is_glue, linkage_name
from funkqa.model.plan import Declaration, Function, SkipReason, Standing
from funkqa.model.recipe import Measure
from funkqa.model.units import FileOffset, Vaddr


def inventory(
    facts: ElfFacts,
    symbols: Iterable[Symbol],
    declarations: Mapping[Vaddr, Declaration],
    readable: Mapping[str, str],
    measure: Measure,
) -> tuple[Function, ...]:
    """The functions in the order of their addresses; symbols of one address are one function.

    ``readable`` maps linkage names to demangled ones where there are any.
    """
    by_address: dict[Vaddr, list[Symbol]] = defaultdict(list)
    for symbol in symbols:
        if symbol.name and not is_cold_part(symbol.name):
            by_address[symbol.vaddr].append(symbol)
    kept = _Filter(measure)
    seen: dict[tuple[str, str], int] = defaultdict(int)
    functions = []
    for vaddr in sorted(by_address):
        aliases = sorted(by_address[vaddr], key=_preference)
        best = aliases[0]
        names = tuple(dict.fromkeys(linkage_name(alias.name) for alias in aliases))
        declaration = declarations.get(vaddr, Declaration("", "", 0))
        local = best.binding == STB_LOCAL
        unit = declaration.unit or best.unit
        identity = (names[0], unit if local else "")
        demangled = readable.get(names[0], names[0])
        standing, reason = _standing(facts, vaddr, names, kept(demangled))
        functions.append(
            Function(
                vaddr=vaddr,
                offset=facts.offset(vaddr) or FileOffset(0),
                size=max(alias.size for alias in aliases),
                symbol=best.name,
                names=names,
                demangled=demangled,
                local=local,
                unit=unit,
                file=declaration.file,
                line=declaration.line,
                ordinal=seen[identity],
                standing=standing,
                reason=reason,
            )
        )
        seen[identity] += 1
    return tuple(functions)


def _standing(
    facts: ElfFacts, vaddr: Vaddr, names: Sequence[str], kept: bool
) -> tuple[Standing, SkipReason | None]:
    if any(is_glue(name) for name in names):
        return Standing.GLUE, None
    if not kept:
        return Standing.EXCLUDED, None
    if facts.offset(vaddr) is None:
        return Standing.SKIPPED, SkipReason.OUTSIDE_SEGMENTS
    return Standing.PROBED, None


def _preference(symbol: Symbol) -> tuple[bool, bool, int, str]:
    """Global before local, public before underscored, short before long: the name people know."""
    return (symbol.binding == STB_LOCAL, symbol.name.startswith("_"), len(symbol.name), symbol.name)


class _Filter:
    """``measure.include`` and ``measure.exclude``: regular expressions searched in demangled names."""

    def __init__(self, measure: Measure) -> None:
        self.include = [re.compile(pattern) for pattern in measure.include]
        self.exclude = [re.compile(pattern) for pattern in measure.exclude]

    def __call__(self, name: str) -> bool:
        included = not self.include or any(pattern.search(name) for pattern in self.include)
        return included and not any(pattern.search(name) for pattern in self.exclude)
