"""Several bodies of one function: which code belongs to which function of the source.

The compiler copies functions: ``f.constprop.0`` is ``f`` for constant arguments, ``f.isra.0`` ``f`` with other
arguments, ``f.part.0`` what remains of ``f`` after its beginning was inlined into the callers, ``f.avx2`` ``f``
for one processor; a thunk of C++ or D corrects ``this`` and often holds a copy of its function. Whenever one of
them runs, ``f`` runs, and another compiler makes other copies. So they are one function, covered if any body ran.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from funkqa.elf.image import STB_LOCAL, Symbol
from funkqa.elf.names import RESOLVER, THUNK, THUNKS, linkage_name, original
from funkqa.model.plan import Declaration
from funkqa.model.units import Vaddr

UNDECLARED = Declaration("", "", 0)


class Body(NamedTuple):
    """The code at one address: its symbols, the best first, and where DWARF says that it is declared."""

    symbols: tuple[Symbol, ...]
    declaration: Declaration

    @property
    def unit(self) -> str:
        return self.declaration.unit or self.symbols[0].unit

    @property
    def is_local(self) -> bool:
        return self.symbols[0].binding == STB_LOCAL


class Owner(NamedTuple):
    """The body that stands for a function, and the function's name."""

    vaddr: Vaddr
    name: str


class _Copy(NamedTuple):
    """A body that is a copy: the symbol it was copied from, and that symbol's linkage name."""

    symbol: str
    name: str


def owners(bodies: Mapping[Vaddr, Body]) -> dict[Vaddr, Owner]:
    """For each body that is a copy, the body that stands for its function.

    That is the whole function if there is one, else the first copy; what can't be told apart stays by itself.
    """
    versions = _versions(bodies)
    copies = {vaddr: copy for vaddr, body in bodies.items() if (copy := _copied(body, versions))}
    if not copies:
        return {}
    wholes = _Wholes({vaddr: body for vaddr, body in bodies.items() if vaddr not in copies}, copies.values())
    found: dict[Vaddr, Owner] = {}
    orphans: dict[tuple[object, ...], list[Vaddr]] = defaultdict(list)
    for vaddr, copy in copies.items():
        body = bodies[vaddr]
        whole = wholes.of(copy, body)
        if whole is not None:
            found[vaddr] = Owner(whole, copy.name)
        elif not THUNK.match(body.symbols[0].name):
            place = body.declaration[1:] if body.declaration.line else (copy.symbol,)
            orphans[copy.name, body.unit, *place].append(vaddr)
    for group in orphans.values():
        if len({bodies[vaddr].symbols[0].name for vaddr in group}) == len(group):
            found |= dict.fromkeys(group, Owner(min(group), copies[group[0]].name))
    return found


def _versions(bodies: Mapping[Vaddr, Body]) -> frozenset[str]:
    """Functions that have a version for each kind of processor: the loader runs their resolver to choose."""
    names = (symbol.name for body in bodies.values() for symbol in body.symbols)
    return frozenset(name.removesuffix(RESOLVER) for name in names if name.endswith(RESOLVER))


def _copied(body: Body, versions: frozenset[str]) -> _Copy | None:
    """What the body is a copy of; None if one of its symbols isn't that of a copy."""
    found = set()
    for symbol in body.symbols:
        if "." not in symbol.name and not symbol.name.startswith(THUNKS):
            return None
        base = symbol.name.partition(".")[0]
        version = base in versions and base != symbol.name and not symbol.name.endswith(RESOLVER)
        source = base if version else original(symbol.name)
        if source == symbol.name:
            return None
        found.add(_Copy(source, linkage_name(source)))
    return found.pop() if len(found) == 1 else None


class _Wholes:
    """Bodies that are whole functions, by what identifies them, as far as ``copies`` ask for it."""

    def __init__(self, bodies: Mapping[Vaddr, Body], copies: Iterable[_Copy]) -> None:
        self.bodies = bodies
        symbols, names = {copy.symbol for copy in copies}, {copy.name for copy in copies}
        self.declared: dict[tuple[str, str, int], list[Vaddr]] = defaultdict(list)
        self.spelled: dict[tuple[str, str], list[Vaddr]] = defaultdict(list)
        for vaddr, body in bodies.items():
            for symbol in body.symbols:
                if body.declaration.line and (name := linkage_name(symbol.name)) in names:
                    _, file, line = body.declaration
                    self.declared[name, file, line].append(vaddr)
                if symbol.name in symbols:
                    unit = symbol.unit if symbol.binding == STB_LOCAL else ""
                    self.spelled[symbol.name, unit].append(vaddr)

    def of(self, copy: _Copy, body: Body) -> Vaddr | None:
        """The one whole function that the body is a copy of."""
        _, file, line = body.declaration
        if line and (same := set(self.declared.get((copy.name, file, line), ()))):
            same = {each for each in same if not self.bodies[each].is_local or self.bodies[each].unit == body.unit}
            return same.pop() if len(same) == 1 else None
        local = self.spelled.get((copy.symbol, body.symbols[0].unit), ()) if body.symbols[0].unit else ()
        found = set(local or self.spelled.get((copy.symbol, ""), ()))
        # A function of the same name that is declared elsewhere is another one.
        found = {each for each in found if not line or not self.bodies[each].declaration.line}
        return found.pop() if len(found) == 1 else None
