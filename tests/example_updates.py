"""Runs whose reports mark what an update changed."""

from collections.abc import Iterable

from funkqa.analysis.coverage import cover
from funkqa.analysis.update import updated
from funkqa.model.change import Build, ChangedFunction, ChangedImage, Changes, CodeChange, Compared
from funkqa.model.coverage import Coverage
from funkqa.model.plan import DebugFileStatus, Function, Image, Unmeasured
from tests import example_runs
from tests.examples import function

OLD = ("bzip2-1.0.8-4.9.x86_64", "libbz2-1-1.0.8-4.9.x86_64")
NEW = ("bzip2-1.0.8-5.1.x86_64", "libbz2-1-1.0.8-5.1.x86_64")
NASTY = "evil\x1b[31m\u202e|`<b>@all\n&"


def changed(image: Image, each: Function, change: CodeChange = CodeChange.CHANGED) -> ChangedFunction:
    """As a list of changes names a function that a run has measured."""
    return ChangedFunction(
        change=change,
        package=image.package,
        image=image.soname or image.path,
        name=each.demangled,
        linkage_name=each.name,
        file=each.file,
        line=each.line,
        size_before=0 if change is CodeChange.ADDED else each.size + 8,
        size_after=0 if change is CodeChange.REMOVED else each.size,
    )


def changes_of(
    images: Iterable[Image],
    functions: Iterable[ChangedFunction],
    *,
    new: tuple[str, ...] = NEW,
    uncompared: tuple[Unmeasured, ...] = (),
) -> Changes:
    every = tuple(functions)
    compared = tuple(
        ChangedImage(
            package=each.package,
            image=each.soname or each.path,
            arch=each.arch,
            compared=Compared.DECODED,
            functions_before=len(each.functions),
            functions_after=len(each.functions),
            debug=DebugFileStatus.MERGED,
            counts={
                change: sum(one.change is change and one.image == (each.soname or each.path) for one in every)
                for change in CodeChange
            },
            ratio=None,
        )
        for each in images
    )
    return Changes(Build("old/", OLD), Build("new/", new), compared, every, uncompared, ())


def changes() -> Changes:
    """Of the run ``failed``: functions in every state, one that it doesn't have, and what isn't wanted."""
    program, library, _ = example_runs.failed().images
    by_name = {each.name: each for image in (program, library) for each in image.functions}
    return changes_of(
        (program, library),
        [
            changed(program, by_name["main"]),
            changed(program, by_name["usage"]),
            changed(program, by_name["cleanUpAndFail"], CodeChange.ADDED),
            changed(program, by_name["atomic_add"]),
            changed(program, by_name["testf"]),
            changed(program, by_name["compress"], CodeChange.MOVED),
            changed(program, function("gone"), CodeChange.REMOVED),
            changed(library, by_name["_ZN3bz25blockEiPKc"], CodeChange.ADDED),
            changed(library, function("BZ2_nowhere"), CodeChange.ADDED),
        ],
        uncompared=(Unmeasured("bzip2", "/usr/bin/bzip2recover", "it has no debuginfo"),),
    )


def highlighted() -> Coverage:
    marked = updated(cover(example_runs.failed()), changes())
    assert marked is not None
    return marked


def hostile() -> Coverage:
    """Names that mean something to a format, of an update and of builds."""
    run = example_runs.hostile_names()
    (program,) = run.images
    functions = [changed(program, each) for each in program.functions]
    functions += [changed(program, function(f"{NASTY}{number}"), CodeChange.ADDED) for number in range(300)]
    marked = updated(
        cover(run),
        changes_of([program], functions, new=(NASTY, NASTY), uncompared=(Unmeasured(NASTY, NASTY, NASTY),)),
    )
    assert marked is not None
    return marked
