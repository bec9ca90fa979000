"""The union of two inventories of the same build. Within a build a function's address is its identity.

Runs of one build may know different functions: where one had no debuginfo, where a probe couldn't be attached.
Every choice below is the greater of the two in a total order, so that the order of merging doesn't matter.
"""

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from funkqa.model.plan import DebugFileStatus, Function, Image, Standing

Item = TypeVar("Item", bound=Hashable)

# What one run has probed is measured, whatever kept others from it; what lies outside of the ratio stays there.
_STANDINGS = (Standing.SKIPPED, Standing.PROBED, Standing.EXCLUDED, Standing.GLUE)
_DEBUG = tuple(reversed(DebugFileStatus))


class United(NamedTuple):
    """An image with the functions of two.

    ``first[i]`` is the number that its function i has in the first of the two, -1 if that doesn't have it, and
    ``second`` the same for the other; None where the numbers are the same.
    """

    image: Image
    first: tuple[int, ...] | None
    second: tuple[int, ...] | None


def unite(one: Image, other: Image) -> United:
    """The union of two images of one build."""
    first = second = None
    if one.functions is other.functions:
        functions = one.functions
    elif [function.vaddr for function in one.functions] == [function.vaddr for function in other.functions]:
        pairs = zip(one.functions, other.functions, strict=True)
        functions = tuple(a if a is b or a == b else _joined(a, b) for a, b in pairs)
    else:
        ours = {function.vaddr: number for number, function in enumerate(one.functions)}
        theirs = {function.vaddr: number for number, function in enumerate(other.functions)}
        addresses = sorted(ours.keys() | theirs.keys())
        first = tuple(ours.get(address, -1) for address in addresses)
        second = tuple(theirs.get(address, -1) for address in addresses)
        functions = tuple(
            _joined(one.functions[a], other.functions[b]) if a >= 0 and b >= 0
            else one.functions[a] if a >= 0 else other.functions[b]
            for a, b in zip(first, second, strict=True)
        )  # fmt: skip
    inlined = in_one_order(one.inlined, other.inlined, tuple)
    return United(replace(max(one, other, key=_richness), functions=functions, inlined=inlined), first, second)


def in_one_order(one: tuple[Item, ...], other: tuple[Item, ...], order: Any) -> tuple[Item, ...]:
    """All items of two lists: in their order if they are the same, else sorted by ``order``.

    Like this the result is the same however many lists are united in whatever order.
    """
    return one if one == other else tuple(sorted({*one, *other}, key=order))


def _joined(one: Function, other: Function) -> Function:
    standing = max(one.standing, other.standing, key=_STANDINGS.index)
    reasons = [each.reason for each in (one, other) if each.standing is standing and each.reason]
    reason = min(reasons, key=lambda reason: reason.name, default=None)
    return replace(max(one, other, key=_detail), standing=standing, reason=reason)


def _detail(function: Function) -> tuple[bool, int, str]:
    bare = replace(function, standing=Standing.PROBED, reason=None)
    return bool(function.file), len(function.names), repr(bare)


def _richness(image: Image) -> tuple[int, str, Sequence[str], str, str]:
    return _DEBUG.index(image.debug), image.debug_package, image.links, image.role.value, image.soname
