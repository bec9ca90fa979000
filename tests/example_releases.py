"""Whole releases that the reports are tried with."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from funkqa.analysis.compare import compare
from funkqa.analysis.release import alone, compared, release_report, side_of, trusted
from funkqa.model.comparison import Named, Refused
from funkqa.model.measurement import Measurement
from funkqa.model.release import ReleaseReport, Standing
from tests.example_runs import hostile as hostile_run
from tests.examples import functions, image, measurement, package

NAMES = tuple(f"function_{number:02}" for number in range(40))
FOLDERS = ("results/20260401", "results/20260501", "results/20260508/")
BUILDS = ("20260401", "20260501", "20260508")


def run_of(
    name: str, covered: Iterable[int], release: int, *, names: Sequence[str] = NAMES, rebuilt: bool = True
) -> Measurement:
    """The result of a package in a release; unless it is rebuilt, it and its environment are as in the first."""
    build = release if rebuilt else 0
    run = measurement(
        [image(f"/usr/bin/{name}", functions(*names), package=name, build_id=f"{build:04x}")],
        hits={(0, 0): covered},
        recipe=name,
        packages=[package(f"{name}-1.0-{build}.x86_64", name)],
        environment={"arch": "x86_64", "version": BUILDS[build]},
    )
    return replace(run, run=replace(run.run, started=run.run.started + 86400 * release))


def runs(name: str, *counts: int | None, names: Sequence[str] = NAMES) -> list[Measurement | None]:
    """The run in each release, by how many functions it covers."""
    return [
        None if count is None else run_of(name, range(count), release, names=names)
        for release, count in enumerate(counts)
    ]


def standing(runs: Sequence[Measurement | None], unreadable: str = "") -> Standing:
    """A package from its run in each release; what is unreadable has none in the last."""
    named = [
        Named(f"{folder.rstrip('/')}/{run.run.recipe}.funkqa", run) if run else None
        for folder, run in zip(FOLDERS[-len(runs) :], runs, strict=True)
    ]
    history = tuple(trusted(side_of(each)) if each else None for each in named)
    before, after = named[-2:]
    if after:
        return compared(compare([before] if before else [], after), history)
    assert before
    run = before.measurement.run
    return alone(run.recipe, run.packages[0].name, "x86_64", side_of(before), unreadable, history)


def everything() -> ReleaseReport:
    """Three releases, with a package of every kind."""
    newer = (*NAMES[:-1], "a_new_function")
    died = replace(run_of("dead", range(3), 2), complete=False)
    steady, moody = (run_of("moody", covered, 0, rebuilt=False) for covered in (range(20), range(1, 22)))
    every = [
        standing(runs("fallen", 30, 28, 11)),
        standing(runs("forgiven", 200, 200, 199, names=[f"f{number}" for number in range(200)])),
        standing(runs("risen", None, 10, 35)),
        standing([*runs("grown", 20, 20), run_of("grown", range(20), 2, names=newer)]),
        standing(runs("calm", 20, 20, 20)),
        standing([steady, steady, moody]),
        standing(runs("fresh", None, None, 5)),
        standing(runs("dropped", 5, 5, None)),
        standing([*runs("dead", 9, 9), died]),
        standing(runs("torn", 9, 9, None), "the file is damaged: row 7 is missing"),
    ]
    return release_report(
        FOLDERS,
        [(build,) for build in BUILDS],
        every,
        [Refused("results/20260508/torn.funkqa", "the file is damaged: row 7 is missing", True)],
    )


def calm() -> ReleaseReport:
    """Two releases in which nothing changed but the build."""
    return release_report(
        FOLDERS[1:],
        [BUILDS[:2], BUILDS[2:]],
        [standing([run_of(name, range(20), release) for release in (1, 2)]) for name in ("bzip2", "gzip")],
        [],
    )


def first() -> ReleaseReport:
    """There is no release before."""
    return release_report(FOLDERS[1:], [(), BUILDS[2:]], [standing([None, run_of("bzip2", range(20), 2)])], [])


def many() -> ReleaseReport:
    """More packages than an overview has room for: every third is worse, every third better."""
    every = [
        standing([run_of(f"package-{n:03}", range(20), 1), run_of(f"package-{n:03}", range(20 + n % 3 - 1), 2)])
        for n in range(150)
    ]
    return release_report(FOLDERS[1:], [BUILDS[1:2], BUILDS[2:]], every, [])


def hostile() -> ReleaseReport:
    """Names that break parsers, terminals and pages."""
    run = replace(hostile_run(), complete=True)
    every = {(number, 0): 1 for number in range(90)}
    nasty = run.images[0].functions[0].demangled
    before = replace(run, hits=every)  # type: ignore[arg-type]
    named = [Named(nasty, before), Named(f"new{nasty}", run)]
    history = tuple(side_of(each).ratio for each in named)
    found = replace(compared(compare(named[:1], named[1]), history), package=nasty, recipe=f"x{nasty}", arch=nasty)
    gone = alone(nasty, nasty, "x86_64", side_of(named[0]), nasty, (history[0], None))
    return release_report([nasty, nasty], [(nasty,), (nasty,)], [found, gone], [Refused(nasty, nasty, True)])
