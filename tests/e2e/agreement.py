"""funkqa's word against valgrind's, on the same packages and commands."""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

from funkqa.analysis.coverage import cover
from funkqa.model.coverage import State
from funkqa.recipe.reader import read_recipe
from funkqa.store.reader import read_result
from tests.e2e import truth
from tests.e2e.running import Funkqa

Place = tuple[str, int]
"""Path of the ELF file, and the address that it states for the function."""


def covered(result: str, elves: Sequence[str]) -> tuple[truth.Entries, truth.Entries]:
    """All functions of the ratio, and the covered ones, as the result file has them."""
    every, found = {}, {}
    for image in cover(read_result(Path(result))).images:
        assert image.image.path in elves or not any(f.state is State.COVERED for f in image.functions)
        for function in image.functions:
            place = (image.image.path, int(function.function.vaddr))
            if place[0] in elves and function.state in (State.COVERED, State.MISSING, State.SKIPPED):
                every[place] = frozenset(function.function.names)
            if function.state is State.COVERED:
                found[place] = frozenset(function.function.names)
    return every, found


def named(entries: truth.Entries, places: AbstractSet[Place]) -> list[str]:
    return sorted(f"{path} {address:#x} {'/'.join(sorted(entries[path, address]))}" for path, address in places)


def assert_equals_truth(funkqa: Funkqa, recipe: Path, programs: Sequence[str], elves: Sequence[str]) -> None:
    done = funkqa.run(recipe, "--quiet")
    assert done.returncode == 0, done.stdout + done.stderr
    inventory, hit = covered(funkqa.result(recipe), elves)
    entries, ran = truth.executed(read_recipe(recipe), programs, elves, funkqa.repository)
    owners = {place: _owners(place, names, inventory) for place, names in entries.items()}
    unlisted = {place for place in entries if not owners[place] and not all(map(is_no_function, entries[place]))}
    assert not unlisted, f"not in the inventory: {named(entries, unlisted)}"
    invented = inventory.keys() - entries.keys()
    assert not invented, f"no function at all: {named(inventory, invented)}"
    assert len(hit) > 2
    missed = {place for place in ran if owners[place] and not owners[place] & hit.keys()}
    assert not missed, f"missed: {named(entries, missed)}"
    entered = {owner for place in ran for owner in owners[place]}
    assert hit.keys() <= entered, f"never ran: {named(inventory, hit.keys() - entered)}"


def _owners(place: Place, names: frozenset[str], inventory: truth.Entries) -> frozenset[Place]:
    """The function that begins here, or those that this may be a copy of; none for glue and cold parts."""
    if place in inventory:
        return frozenset((place,))
    originals = {THUNK.sub("_Z", COPY.sub("", name)) for name in names} - set(names)
    return frozenset(at for at, known in inventory.items() if at[0] == place[0] and originals & known)


COPY = re.compile(r"\.(?:part|constprop|isra|lto_priv)\..*")
THUNK = re.compile(r"^_ZT(?:hn?\d+|vn?\d+_n?\d+)_")
GLUE = {
    *("_init", "_fini", "_start", "_dl_relocate_static_pie"),
    *("deregister_tm_clones", "register_tm_clones", "__do_global_dtors_aux", "frame_dummy"),
}
"""What crti.o, crt1.o and crtbegin.o bring; outside of the ratio, and all that may be but what follows."""

STATIC_CONSTRUCTORS = ("_GLOBAL__sub_I_", "_Z41__static_initialization_and_destruction_0")


def is_no_function(name: str) -> bool:
    """Glue, or the rarely executed part of a function, which is entered through the function itself."""
    return name in GLUE or name.endswith(".cold") or name.startswith(STATIC_CONSTRUCTORS)
