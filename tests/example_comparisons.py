"""Whole comparisons that the reports are tried with."""

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from funkqa.analysis.compare import compare
from funkqa.model.comparison import Comparison, FailOn, Limits, Named, Refused
from funkqa.model.measurement import Measurement, Outcome
from funkqa.model.plan import Inlined, SkipReason
from funkqa.model.recipe import Measure
from tests.example_runs import hostile as hostile_run
from tests.examples import function, functions, image, measurement, package, skipped, step

_BEFORE = {"arch": "x86_64", "distri": "opensuse-tumbleweed", "kernel": "6.12.0-1-default", "version": "20260501"}
_AFTER = {**_BEFORE, "version": "20260508"}
NAMES = tuple(f"BZ2_{number:02}" for number in range(64))


def _library(
    covered: Iterable[int], version: str, host: dict[str, str], names: tuple[str, ...] = NAMES
) -> Measurement:
    inventory = [image("/usr/lib64/libbz2.so.1.0.8", functions(*names), soname="libbz2.so.1", build_id=version)]
    return measurement(
        inventory,
        hits={(0, 0): covered},
        packages=[package(f"bzip2-{version}.x86_64")],
        environment=host,
        measure=Measure(tolerance=Fraction(1, 100)),
    )


def headline() -> Comparison:
    """The design's own example: 27 of 64 functions before, 25 now, 2 lost, 1 new for 1 removed."""
    return compare(
        [Named("base.funkqa", _library(range(27), "1.0.8-5.1", _BEFORE))],
        Named("new.funkqa", _library(range(2, 27), "1.0.8-5.2", _AFTER, (*NAMES[:63], "BZ2_new"))),
    )


def same() -> Comparison:
    """Nothing changed, nothing is lost."""
    run = _library(range(27), "1.0.8-5.1", _BEFORE)
    return compare([Named("base.funkqa", run)], Named("new.funkqa", run))


def softfail() -> Comparison:
    """Two of three baselines count, their median; what is lost is forgiven."""
    baselines = [
        _library(range(27), "1.0.8-5.1", _BEFORE),
        replace(_library(range(3), "1.0.8-5.1", _BEFORE), complete=False),
        _library(range(28), "1.0.8-5.1", _BEFORE),
    ]
    return compare(
        [Named(f"run-{number}.funkqa", run) for number, run in enumerate(baselines)],
        Named("new.funkqa", _library(range(1, 27), "1.0.8-5.1", _BEFORE)),
        Limits(tolerance=Fraction(3, 100), max_lost=2),
    )


def first() -> Comparison:
    """There is no baseline yet."""
    return compare([], Named("new.funkqa", _library(range(27), "1.0.8-5.1", _BEFORE)))


def failed() -> Comparison:
    """Everything that a report of a comparison has a word for."""
    program = [
        function("main", file="bzip2.c", line=1700),
        function("usage", vaddr=16, file="bzip2.c", line=400),
        function("pad", vaddr=32, file="bzip2.c", line=261, size=77, local=True, unit="bzip2.c"),
        function("swap", vaddr=48, file="sort.c", line=12, local=True, unit="sort.c"),
        function("atomic", vaddr=64, file="sort.c", line=90),
        function("gone", vaddr=80),
        function("moody", vaddr=96),
    ]
    library = functions("BZ2_bzCompress", "BZ2_bzDecompress", "BZ2_bzRead")
    steps = [step("roundtrip", duration_s=2.0), step("corrupt file"), step("known bug")]
    hits = {(0, 0): [0, 1, 3, 4, 5], (0, 1): [0, 6], (1, 0): [0], (1, 1): [1]}
    before = measurement(
        [
            image(functions=program),
            image("/usr/lib64/libbz2.so.1.0.8", library, soname="libbz2.so.1", package="libbz2-1"),
            image("/usr/bin/bzip2recover", functions("recover")),
        ],
        steps,
        {**hits, (2, 0): [0]},
        packages=[package(), package("libbz2-1-1.0.8-5.1.x86_64", "libbz2-1")],
        environment=_BEFORE,
    )
    calmer = replace(before, hits={**before.hits, (0, 1): before.hits[0, 1] & 1})  # type: ignore[dict-item]
    changed = [
        program[0],
        program[1],
        function("padding", vaddr=32, file="bzip2.c", line=265, size=77, local=True, unit="bzip2.c"),
        skipped("atomic", SkipReason.UNPROBEABLE),
        program[6],
        function("_ZN3bz25blockEi", vaddr=112, demangled="bz2::block(int)", file="block.cc", line=3),
    ]
    after = measurement(
        [
            image(functions=changed, build_id="cd34", inlined=[Inlined("swap", "swap", "sort.c", "sort.c", 12)]),
            image("/usr/lib64/libbz2.so.1.0.9", library, soname="libbz2.so.1", package="libbz2-1", build_id="ef"),
        ],
        [
            step("roundtrip", Outcome.FAILED, reason="exit code 2 instead of exit code 0", duration_s=2.5),
            step("corrupt file", script="bzip2 -t other"),
            step("new | step"),
        ],
        {(0, 0): [0], (1, 0): [0, 2]},
        packages=[package("bzip2-1.0.9-1.1.x86_64"), package("libbz2-1-1.0.9-1.1.x86_64", "libbz2-1")],
        environment={**_AFTER, "kernel": "6.13.0-1-default"},
    )
    after = replace(after, run=replace(after.run, recipe_text="another"), faults=("12 records were lost",))
    older = replace(calmer, run=replace(calmer.run, started=before.run.started - 86400))
    return compare(
        [Named("results/20260501/bzip2.funkqa", before), Named("results/20260430/bzip2.funkqa", older)],
        Named("results/20260508/bzip2.funkqa", after),
        Limits(fail_on=frozenset(FailOn)),
        [
            Refused("results/20260301/bzip2.funkqa", "the file is damaged: row 7 is missing", False),
            Refused("results/20260508/xz.funkqa", "written by a newer funkqa (format 2, this one reads 1)", True),
        ],
    )


def hostile() -> Comparison:
    """Names that break parsers, terminals and pages, and too much of everything."""
    run = replace(hostile_run(), complete=True)
    every = {(image, 0): 1 for image in range(90)}
    nasty = run.images[0].functions[0].demangled
    return compare(
        [Named(nasty, replace(run, hits=every))],  # type: ignore[arg-type]
        Named(f"new{nasty}", run),
        refused=[Refused(nasty, nasty, True)],
    )
