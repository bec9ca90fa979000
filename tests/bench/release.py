"""Report on a simulated release of 3,000 packages, made from real results; print the time and the memory it took.

The real results are what ``make demo`` leaves, or those that are named. It fails if 3,000 packages take more than
a minute of all processors or a gigabyte, or if openQA, where its library is installed, refuses the schedule.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import NamedTuple

from funkqa.analysis.flags import bitmap
from funkqa.model.measurement import Measurement
from funkqa.model.plan import Image
from funkqa.model.recipe import Measure
from funkqa.model.units import Bitmap, BuildId
from funkqa.store.reader import read_result
from funkqa.store.whole import write_result
from funkqa.system.workers import answers
from tests.bench.timing import row
from tests.openqa_validator import INSTALLED, complaints

RELEASES = 3
MOST_COPIES = 8
DAY_S = 86_400.0
MOST_CPU_S, MOST_MB = 60, 1000

REAL = Path(".cache/demo/bzip2.funkqa")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, metavar="DIR", help="Keep results and reports here.")
    parser.add_argument("--packages", type=int, default=3_000, metavar="N")
    parser.add_argument("real", nargs="*", type=Path, default=[REAL], metavar="RESULT")
    wanted = parser.parse_args()
    real, keep, packages = tuple(wanted.real), wanted.keep, wanted.packages
    with tempfile.TemporaryDirectory(prefix="funkqa-bench-release-") as name:
        folder = keep or Path(name)
        before = time.perf_counter()
        total = sum(answers(written, [(folder, real, number) for number in range(packages)]))
        row(f"write {RELEASES} releases of {packages:,} packages", f"{time.perf_counter() - before:.0f} s")
        print(f"{total:,} functions in the last of them")
        folders = [str(folder / f"{release}") for release in range(RELEASES)]
        suffixes = ("html", "json", "xml", "md", "txt")
        for several in (folders[-2:], folders):
            out = [option for suffix in suffixes for option in report_of(folder, suffix)]
            took = took_of(["release", *several, *out])
            row(f"release, {packages:,} packages, {len(several)} releases, {len(suffixes)} reports", *shown(took))
            if packages <= 3_000 and (took.cpu_s > MOST_CPU_S or took.memory_mb > MOST_MB):
                sys.exit(f"more than {MOST_CPU_S} s or {MOST_MB} MB")
        sizes = ", ".join(
            f"{suffix} {(folder / f'out.{suffix}').stat().st_size / 1e6:.1f} MB" for suffix in suffixes
        )
        print(sizes)
        recipes = recipes_of(folder / "recipes", real, packages)
        took = took_of(["schedule", *recipes, "--durations", folders[-1], "-o", str(folder / "jobs.yaml")])
        jobs = (folder / "jobs.yaml").read_text().count("FUNKQA_RECIPES")
        row(f"schedule, {packages:,} recipes, {jobs} jobs", *shown(took))
        if INSTALLED:
            refused = complaints(folder / "jobs.yaml", "scenario-definitions")
            if refused:
                sys.exit(f"openQA refuses the schedule: {refused}")
            print("openQA's own validator takes the schedule")


def recipes_of(folder: Path, real: tuple[Path, ...], packages: int) -> list[str]:
    """The recipes of the real results, under the names of the packages that are made of these."""
    folder.mkdir(exist_ok=True)
    paths = []
    for number in range(packages):
        run = source(real[number % len(real)]).run
        paths.append(folder / f"{run.recipe}-{number:04}.yaml")
        paths[-1].write_text(run.recipe_text)
    return [str(path) for path in paths]


class Took(NamedTuple):
    """Time, CPU time of all processes, and at most so much memory: each worker counts as the largest of them."""

    wall_s: float
    cpu_s: float
    memory_mb: float


def shown(took: Took) -> tuple[str, str, str]:
    return f"{took.wall_s:.1f} s", f"{took.cpu_s:.1f} s CPU", f"{took.memory_mb:.0f} MB"


def took_of(arguments: list[str]) -> Took:
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, *arguments], stderr=subprocess.PIPE, text=True, check=False
    )
    took = time.perf_counter() - start
    own, others, cpu = done.stderr.split()[-3:]
    memory = (int(own) + len(os.sched_getaffinity(0)) * int(others)) / 1024
    return Took(took, float(cpu), memory)


_MEASURED = """
import resource, sys
from funkqa.cli.main import run
try:
    run()
finally:
    own, others = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    cpu = own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime
    print(own.ru_maxrss, others.ru_maxrss, cpu, file=sys.stderr)
"""


def report_of(folder: Path, suffix: str) -> list[str]:
    form = {"xml": "junit", "md": "markdown", "txt": "text"}.get(suffix, suffix)
    return ["--report", f"{form}={folder / f'out.{suffix}'}"]


def written(package: tuple[Path, tuple[Path, ...], int]) -> int:
    """All results of one package, and how many functions its last one has."""
    folder, real, number = package
    chance = random.Random(number)
    base = grown(source(real[number % len(real)]), number, 1 + chance.randrange(MOST_COPIES))
    base = less(base, chance.random() ** 2, False, chance)
    gone_after = chance.randrange(RELEASES) if chance.random() < 0.01 else RELEASES
    new_from = chance.randrange(RELEASES) if chance.random() < 0.01 else 0
    functions = 0
    for release in range(new_from, min(gone_after + 1, RELEASES)):
        base = changed(base, number, release, chance)
        path = folder / str(release) / f"{base.run.recipe}.funkqa"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_result(path, base)
        functions = sum(len(image.functions) for image in base.images)
        if chance.random() < 0.001:
            path.write_bytes(path.read_bytes()[:5000])
    return functions


@cache
def source(path: Path) -> Measurement:
    return read_result(path)


def grown(run: Measurement, number: int, copies: int) -> Measurement:
    """A package of several times as many images, with a name of its own."""
    name = f"{run.run.recipe}-{number:04}"
    images = [twin(image, name, copy) for copy in range(copies) for image in run.images]
    count = len(run.images)
    hits = {
        (image + copy * count, step): bits for copy in range(copies) for (image, step), bits in run.hits.items()
    }
    packages = tuple(replace(each, name=name, nevra=f"{name}-1.0-1.1.x86_64") for each in run.run.packages[:1])
    record = replace(run.run, recipe=name, packages=packages, measure=Measure(tolerance=Fraction(1, 50)))
    return replace(run, run=record, images=tuple(images), hits=hits, executions=(), sources={})


def twin(image: Image, name: str, copy: int) -> Image:
    soname = f"{image.soname}.{copy}" if image.soname else ""
    return replace(image, package=name, path=f"{image.path}.{copy}", soname=soname)


def changed(run: Measurement, number: int, release: int, chance: random.Random) -> Measurement:
    """The same package in the next release: mostly as it was, sometimes rebuilt, better or worse."""
    kind = chance.random()
    run = less(run, chance.random() * 0.2 if kind < 0.25 else 0.0, kind < 0.12, chance)
    rebuilt = kind < 0.22 or kind > 0.6
    suffix = f"{release:02x}" if rebuilt else ""
    images = tuple(replace(image, build_id=BuildId(image.build_id + suffix)) for image in run.images)
    environment = {**run.run.environment, "build": f"2026{release + 5:02}01"} if rebuilt else run.run.environment
    packages = tuple(
        replace(each, nevra=f"{each.name}-1.0-1.{release}.x86_64") if rebuilt else each
        for each in run.run.packages
    )
    record = replace(run.run, packages=packages, environment=environment, started=run.run.started + DAY_S)
    return replace(run, run=record, images=images, complete=chance.random() > 0.001)


def less(run: Measurement, part: float, enters: bool, chance: random.Random) -> Measurement:
    """A part of each image's functions is no longer entered by any step; or is by the last one."""
    if not part:
        return run
    chosen = [bitmap(chance.random() < part for _ in image.functions) for image in run.images]
    hits = {place: Bitmap(bits & ~chosen[place[0]]) for place, bits in run.hits.items()}
    if enters:
        last = len(run.steps) - 1
        hits = {
            **run.hits,
            **{(n, last): Bitmap(run.hits.get((n, last), 0) | bits) for n, bits in enumerate(chosen)},
        }
    return replace(run, hits=hits)


if __name__ == "__main__":
    main()
