"""Changes that the reports are tried with."""

from dataclasses import replace
from fractions import Fraction

from funkqa.analysis.changed import Side, Together, changes
from funkqa.analysis.changed_pairs import Pairs, pair
from funkqa.analysis.changed_reach import Reached
from funkqa.model.change import Build, Changes, Compared
from funkqa.model.comparison import Named
from funkqa.model.plan import Image, Standing, Unmeasured
from tests.examples import function, functions, image, measurement, skipped, step

OLD = Build("old/", ("bzip2-1.0.8-1.x86_64", "libbz2-1-1.0.8-1.x86_64"))
NEW = Build("new/", ("bzip2-1.0.9-1.x86_64", "libbz2-1-1.0.9-1.x86_64"))
NASTY = "evil\x1b[31m\u202e|`<b>@all\n&"


def together(before: Image | None, after: Image | None, *changed: str) -> Together:
    """An image in both builds, in which the functions of these names have other code."""
    old, new = (each.functions if each else () for each in (before, after))
    pairs = pair(old, new) if before and after else Pairs((-1,) * len(new), frozenset())
    names = {number: old[place].name if place >= 0 else each.name for number, (each, place) in
             enumerate(zip(new, pairs.places, strict=True))}  # fmt: skip
    prints = {number: f"{name}{' new' if name in changed else ''}".encode() for number, name in names.items()}
    return Together(
        Side(before, {number: each.name.encode() for number, each in enumerate(old)}) if before else None,
        Side(after, prints) if after else None,
        pairs,
        Compared.DECODED,
    )


def program(*more: str) -> Image:
    names = ("main", "usage", "pack", "unpack", *more)
    glue = function("_start", vaddr=0x900, standing=Standing.GLUE)
    return image(functions=(glue, *(replace(each, file="bzip2.c", line=7, size=40) for each in functions(*names))))


def rebuilt() -> Changes:
    """The same source, built again."""
    return changes(OLD, NEW, [together(program(), program())], [])


def without_a_run() -> Changes:
    return changes(OLD, NEW, [together(program("gone"), program("fresh"), "pack")], [])


def covered() -> Changes:
    """All that changed was executed."""
    return _measured((2, 3, 5), Fraction(4, 5))


def everything() -> Changes:
    """Everything that a report of changes has a word for."""
    old = program("gone", "old_name")
    lines = functions("main", "usage", "pack", "unpack", "new_name", "fresh", "atomic", "left_out")
    special = {
        "atomic": replace(skipped("atomic"), vaddr=lines[6].vaddr),
        "left_out": replace(lines[7], standing=Standing.EXCLUDED),
        "usage": replace(lines[1], size=44),
    }
    new = replace(
        old, functions=tuple(replace(special.get(each.name, each), file="bzip2.c", line=9) for each in lines)
    )
    renamed = together(old, new, "usage", "pack")
    places = tuple(
        5 + 1 if each.name == "new_name" else place
        for each, place in zip(new.functions, renamed.pairs.places, strict=True)
    )
    assert renamed.after is not None
    prints = {**renamed.after.prints, 4: b"old_name"}
    renamed = renamed._replace(pairs=Pairs(places, frozenset((4,))), after=Side(new, prints))
    library = image("/usr/lib64/libbz2.so.1.0.9", functions("BZ2_bzCompress"), soname="libbz2.so.1", build_id="cd")
    plugin = image("/usr/lib64/bz.so", functions("plug"), build_id="ef")
    run = measurement([new], [step("roundtrip"), step("corrupt")], {(0, 0): [0, 2], (0, 1): [2]})
    return changes(
        OLD,
        NEW,
        [
            renamed,
            together(replace(library, soname="libbz2.so.0"), library)._replace(compared=Compared.BYTES),
            together(plugin, None),
            together(None, replace(plugin, path="/usr/lib64/plugs/fresh.so", functions=functions("other"))),
        ],
        [Unmeasured("bzip2", "/usr/bin/bzip2recover", "old build: its debuginfo is neither beside the package")],
        ["not compared, because only the new folder has it: xz.x86_64"],
        Reached([Named("bzip2.funkqa", run)]),
        Fraction(4, 5),
    )


def hostile() -> Changes:
    """Names that break parsers, terminals and pages, and too much of everything."""
    many = tuple(f"{NASTY}{number}" for number in range(300))
    images = [
        together(
            replace(program(), path=f"/usr/bin/{NASTY}{number}"), replace(program(*many), path=f"/{NASTY}{number}")
        )
        for number in range(70)
    ]
    unknown = [Unmeasured(NASTY, NASTY, NASTY)]
    run = measurement([image(functions=functions(NASTY))], [step(NASTY)], {})
    builds = (Build(NASTY, ()), Build(NASTY, ()))
    return changes(*builds, images, unknown, [NASTY], Reached([Named(NASTY, run)]), Fraction(1))


def _measured(entered: tuple[int, ...], minimum: Fraction) -> Changes:
    new = program("fresh")
    run = measurement([new], [step("roundtrip")], {(0, 0): entered})
    reached = Reached([Named("bzip2.funkqa", run)])
    return changes(OLD, NEW, [together(program(), new, "usage", "pack")], [], (), reached, minimum)
