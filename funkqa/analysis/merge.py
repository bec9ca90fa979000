"""Several runs of one recipe on one build as one measurement.

Merging is commutative, associative and idempotent: everything is a union (of functions, hits, programs, sources),
the greater of two values in a total order (the outcome of a step), or follows from the set of runs (sums, faults).
Runs are added one at a time, so that a thousand of them take the memory of a few.
"""

import shlex
from dataclasses import replace

from funkqa.analysis import merge_shards
from funkqa.analysis.flags import bitmap, moved
from funkqa.analysis.merge_executions import Executions
from funkqa.analysis.merge_images import in_one_order, unite
from funkqa.analysis.merge_steps import StepKey, joined, position, step_keys
from funkqa.model.errors import NothingToMeasure, UsageError
from funkqa.model.measurement import MeasuredPackage, Measurement, RunRecord, Shard, ShardState, StepResult
from funkqa.model.plan import Image, Standing, Unmeasured
from funkqa.model.recipe import Phase
from funkqa.model.units import Bitmap

ImageKey = tuple[str, str, str]
"""Package, architecture and path: within one build they name an image."""

_NAMED = 10


class Merge:
    """Runs to be merged: ``add`` them, tell those that are ``absent``, and take the ``result``."""

    def __init__(self) -> None:
        self._first = ""
        self._run: RunRecord | None = None
        self._packages: tuple[MeasuredPackage, ...] = ()
        self._unmeasured: tuple[Unmeasured, ...] = ()
        self._order: tuple[ImageKey, ...] = ()
        self._images: dict[ImageKey, Image] = {}
        self._hits: dict[ImageKey, dict[StepKey, int]] = {}
        self._steps: dict[StepKey, StepResult] = {}
        self._sources: dict[tuple[str, str], str] = {}
        self._executions = Executions()
        self._shards: merge_shards.Known = {}

    def add(self, name: str, measurement: Measurement) -> None:
        """A run or a merged result; ``name`` is its file. Raises UsageError for another recipe or build."""
        if self._run is None:
            self._first, self._run = name, measurement.run
            self._packages, self._unmeasured = measurement.run.packages, measurement.unmeasured
            self._order = tuple(map(_key, measurement.images))
        self._refuse_another(name, measurement)
        run = measurement.run
        self._run = max(self._run, run, key=lambda each: (each.summary, repr(each.measure)))
        self._packages = in_one_order(self._packages, run.packages, repr)
        self._unmeasured = in_one_order(self._unmeasured, measurement.unmeasured, repr)
        self._order = in_one_order(self._order, tuple(map(_key, measurement.images)), tuple)
        keys = step_keys(measurement.steps)
        for key, step in zip(keys, measurement.steps, strict=True):
            self._steps[key] = joined(self._steps[key], step) if key in self._steps else step
        covered = sum(self._add_image(measurement, number, keys) for number in range(len(measurement.images)))
        for place, text in measurement.sources.items():
            self._sources[place] = max(text, self._sources.get(place, ""))
        self._executions.add(measurement.executions, keys)
        merge_shards.tell(self._shards, merge_shards.shards_of(name, measurement, covered))

    def absent(self, name: str, state: ShardState, reason: str) -> None:
        """A run that should be there and has no measurement."""
        merge_shards.tell(self._shards, [Shard(name, "", state, reason)])

    def result(self) -> Measurement:
        """All that was added. Raises NothingToMeasure if that is nothing, with what is told of the absent."""
        shards = merge_shards.best_known(self._shards)
        if self._run is None:
            why = [f"{each.name}: {each.state.value}{f' ({each.reason})' * bool(each.reason)}" for each in shards]
            more = f"; and {len(why) - _NAMED} more" if len(why) > _NAMED else ""
            raise NothingToMeasure(
                f"none of the runs has a result{': ' * bool(why)}{'; '.join(why[:_NAMED])}{more}",
                hint="measure again: funkqa run RECIPE",
            )
        steps = sorted(self._steps, key=lambda key: position(key, self._steps[key]))
        images = tuple(self._images[key] for key in self._order)
        probed = [_probed(image) for image in images]
        return Measurement(
            run=replace(
                self._run,
                packages=self._packages,
                environment=merge_shards.environment(shards),
                funkqa_version=merge_shards.funkqa_version(shards),
                started=min(shard.started for shard in shards if shard.digest),
            ),
            images=images,
            unmeasured=self._unmeasured,
            steps=tuple(self._steps[key] for key in steps),
            hits={
                (image, step): Bitmap(bits)
                for image, place in enumerate(self._order)
                for step, key in enumerate(steps)
                if (bits := self._hits[place].get(key, 0) & probed[image])
            },
            faults=merge_shards.faults(shards),
            complete=all(shard.state is ShardState.COMPLETE for shard in shards),
            statistics=merge_shards.statistics(shards),
            sources=dict(sorted(self._sources.items())),
            executions=self._executions.numbered({key: number for number, key in enumerate(steps)}),
            shards=shards,
        )

    def _add_image(self, measurement: Measurement, number: int, steps: tuple[StepKey, ...]) -> int:
        """Unite inventory and hits; returns how many functions the run covers."""
        image = measurement.images[number]
        known, hits = self._images.get(_key(image), image), self._hits.setdefault(_key(image), {})
        together = unite(known, image)
        self._images[_key(image)] = together.image
        if together.first is not None:
            for key, bits in hits.items():
                hits[key] = moved(bits, len(known.functions), together.first)
        covered = 0
        # Elsewhere the function may have a probe: what was entered without one, in a file that changed, is no hit.
        probed = _probed(image)
        for step, key in enumerate(steps):
            bits = measurement.hits.get((number, step), Bitmap(0)) & probed
            if measurement.steps[step].phase is Phase.EXECUTE:
                covered |= bits
            if together.second is not None:
                bits = moved(bits, len(image.functions), together.second)
            hits[key] = hits.get(key, 0) | bits
        return covered.bit_count()

    def _refuse_another(self, name: str, measurement: Measurement) -> None:
        assert self._run is not None
        run = measurement.run
        if run.recipe != self._run.recipe:
            raise self._other(name, f"it is a result of recipe {run.recipe}, not of {self._run.recipe}")
        if run.recipe_text != self._run.recipe_text:
            raise self._other(name, f"its recipe {run.recipe} has another text")
        arch, known = run.environment.get("arch", ""), self._run.environment.get("arch", "")
        if arch != known:
            raise self._other(name, f"it was measured on {arch or '?'}, not on {known or '?'}")
        builds = {(package.name, _arch(package)): package for package in self._packages if package.measured}
        for package in run.packages:
            before = builds.get((package.name, _arch(package)), package)
            if package.measured and package.nevra != before.nevra:
                raise self._other(name, f"it measured {package.nevra}, not {before.nevra}")
        for image in measurement.images:
            same = self._images.get(_key(image), image)
            if same.build_id != image.build_id:
                raise self._other(
                    name, f"{image.path} has the build ID {image.build_id}, elsewhere {same.build_id}"
                )
            if not image.build_id and _addresses(same) != _addresses(image):
                raise self._other(name, f"{image.path} has no build ID, and elsewhere other functions")

    def _other(self, name: str, message: str) -> UsageError:
        command = f"funkqa compare {shlex.quote(self._first)} {shlex.quote(name)}"
        return UsageError(
            f"{message}: only runs of one recipe on one build can be merged",
            where=name,
            hint=f"compare it with {self._first}: {command}",
        )


def _key(image: Image) -> ImageKey:
    return (image.package, image.arch, image.path)


def _probed(image: Image) -> int:
    return bitmap(function.standing is Standing.PROBED for function in image.functions)


def _arch(package: MeasuredPackage) -> str:
    return package.nevra.rpartition(".")[2]


def _addresses(image: Image) -> list[int]:
    return [function.vaddr for function in image.functions]
