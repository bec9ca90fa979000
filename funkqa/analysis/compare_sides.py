"""A run as one side of a comparison: what it covers, what it is called, and whether its word is good."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from funkqa.analysis.flags import bitmap
from funkqa.analysis.verdict import died, nothing_measured
from funkqa.model.comparison import Named, Side
from funkqa.model.coverage import Ratio
from funkqa.model.measurement import MeasuredPackage, Measurement, RunRecord
from funkqa.model.plan import Image, Standing
from funkqa.model.recipe import Phase

_BUILD_ID_DIGITS = 8


@dataclass(frozen=True, slots=True)
class ImageStates:
    """Functions of an image as bitmaps, by state. ``steps`` are the hits of each step, where there are probes."""

    covered: int
    missing: int
    skipped: int
    steps: tuple[int, ...]

    @property
    def measured(self) -> int:
        return self.covered | self.missing

    @property
    def counted(self) -> int:
        return self.covered | self.missing | self.skipped

    @property
    def ratio(self) -> Ratio:
        return Ratio(self.covered.bit_count(), self.missing.bit_count(), self.skipped.bit_count())


@dataclass(frozen=True, slots=True)
class Run:
    """A measurement with the states of its images, and what the reports call it."""

    measurement: Measurement
    images: tuple[ImageStates, ...]
    side: Side


def seen(named: Named) -> Run:
    measurement = named.measurement
    images = tuple(_states(measurement, number) for number in range(len(measurement.images)))
    ratio = sum((image.ratio for image in images), Ratio())
    run = measurement.run
    side = Side(
        name=named.name,
        version=_version(measurement),
        build=_build(run),
        started=run.started,
        ratio=ratio,
        problems=tuple(_problems(measurement, ratio)),
    )
    return Run(measurement, images, side)


def subject(run: RunRecord, images: tuple[tuple[str, str], ...]) -> tuple[str, str]:
    """Name and architecture of what was measured: the first measured package, or else the first image's path.

    ``images`` are package and path of each.
    """
    arch = run.environment.get("arch", "")
    if package := _first(run):
        return package.name, arch or package.nevra.rpartition(".")[2]
    return images[0][1] if images else "", arch


def subject_of(measurement: Measurement) -> tuple[str, str]:
    return subject(measurement.run, tuple((image.package, image.path) for image in measurement.images))


def label(image: Image) -> str:
    return image.soname or image.path


def versions(packages: tuple[MeasuredPackage, ...]) -> Mapping[str, str]:
    """Version and release of packages by name; by name and architecture where a name comes twice."""
    names = [package.name for package in packages]
    return {
        package.name if names.count(package.name) == 1 else package.nevra: version(package) for package in packages
    }


def version(package: MeasuredPackage) -> str:
    """``1.0.8-5.1``, with the epoch in front if it has one."""
    return package.nevra.removeprefix(f"{package.name}-").rpartition(".")[0]


def _build(run: RunRecord) -> str:
    """A rolling distribution has its snapshot, a date, as version; another's version says nothing of the build."""
    version = run.environment.get("version", "")
    return run.environment.get("build") or (version if re.fullmatch("20[0-9]{6}", version) else "")


def _first(run: RunRecord) -> MeasuredPackage | None:
    return next((package for package in run.packages if package.measured), None)


def _version(measurement: Measurement) -> str:
    if package := _first(measurement.run):
        return version(package)
    return measurement.images[0].build_id[:_BUILD_ID_DIGITS] if measurement.images else ""


def file_name(path: str) -> str:
    return path.rpartition("/")[2]


def _states(measurement: Measurement, number: int) -> ImageStates:
    standings = [function.standing for function in measurement.images[number].functions]
    probed = bitmap(standing is Standing.PROBED for standing in standings)
    skipped = bitmap(standing is Standing.SKIPPED for standing in standings)
    steps = tuple(measurement.hits.get((number, step), 0) & probed for step in range(len(measurement.steps)))
    covered = 0
    for step, bits in zip(measurement.steps, steps, strict=True):
        if step.phase is Phase.EXECUTE:
            covered |= bits
    return ImageStates(covered, probed & ~covered, skipped, steps)


def _problems(measurement: Measurement, ratio: Ratio) -> Iterator[str]:
    yield from filter(None, [nothing_measured(measurement, ratio), died(measurement)])
    yield from measurement.faults
