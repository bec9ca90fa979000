"""``python -m tests.bench.recipes``: each recipe of the library, traced and untraced, measured here.

Needs root, uprobe_multi and what ``make recipe-packages`` builds, and some minutes. Names of recipes are
arguments; ``--times N`` is the number of runs, ``--update`` writes the table to recipes/README.md. A function is
flaky if some of the traced runs enter it and others don't.
"""

import argparse
import os
import platform
import statistics
import tempfile
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from funkqa.analysis.coverage import cover
from funkqa.model.coverage import Coverage, State, Verdict
from funkqa.model.measurement import StepResult
from funkqa.model.recipe import Recipe
from funkqa.packages import backend
from funkqa.pipeline import target
from funkqa.pipeline.executed import Log
from funkqa.pipeline.execution import Stage, run_steps
from funkqa.pipeline.listener import SILENT
from funkqa.pipeline.recipe import measure
from funkqa.pipeline.target import Target
from funkqa.recipe.reader import read_recipe
from funkqa.store.reader import read_result
from funkqa.store.writer import ResultWriter
from funkqa.system import cgroup
from funkqa.trace.session import Mode, Session
from tests.sections import with_section

ROOT = Path(__file__).parents[2]
RECIPES = ROOT / "recipes"
REPOSITORY = ROOT / ".cache/packages/suse/repo"
README = RECIPES / "README.md"
TIMES = 5
HEAD = """\
| recipe | package | functions | covered | executables | steps | untraced | traced | ratio | flaky |
|---|---|---:|---:|---:|---:|---:|---:|---:|---|
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the recipes of the library.")
    parser.add_argument("names", nargs="*", metavar="RECIPE")
    parser.add_argument("--times", type=int, default=TIMES)
    parser.add_argument("--update", action="store_true", help="write the table to recipes/README.md")
    asked = parser.parse_args()
    rows = ""
    for path in sorted(RECIPES.glob("*.yaml")):
        if asked.names and path.stem not in asked.names:
            continue
        recipe = read_recipe(path)
        lacking = [name for name in recipe.component if not list(REPOSITORY.glob(f"{name}-[0-9]*.rpm"))]
        if lacking:
            raise SystemExit(f"{path.name}: the repository has no {', '.join(lacking)}; run make recipe-packages")
        rows += row(recipe, path.name, asked.times)
        print(rows.splitlines()[-1], flush=True)
    kernel = platform.release().partition("-")[0]
    machine = (
        f"Linux {kernel}, {platform.machine()}, {os.cpu_count()} processors; medians of {asked.times} runs.\n"
    )
    table = f"{HEAD}{rows}\n{machine}"
    print(f"\n{table}")
    if asked.update:
        README.write_text(with_section(README.read_text(), "table", table))


def row(recipe: Recipe, file: str, times: int) -> str:
    """A line of the table. A run that doesn't pass ends the program: its time says nothing."""
    traced, plain, entered = [], [], []
    for _ in range(times):
        plain.append(span(untraced(recipe)))
        with tempfile.TemporaryDirectory(prefix="funkqa-table-") as directory:
            result = Path(directory, "result.funkqa")
            measure(recipe, TARGET, Mode(), result, Path(directory), SILENT)
            coverage = cover(read_result(result))
        if coverage.verdict is not Verdict.PASSED:
            raise SystemExit(f"{recipe.name} doesn't pass: {', '.join(coverage.findings)}")
        traced.append(span(coverage.steps))
        entered.append(covered(coverage))
    seconds, slow = statistics.median(plain), statistics.median(traced)
    ratio = coverage.ratio
    cells = (
        f"[{recipe.name}]({file})",
        "<br>".join(package.nevra for package in coverage.measurement.run.packages),
        f"{ratio.covered}/{ratio.total}",
        ratio.percent,
        str(len(coverage.images)),
        str(len(recipe.steps)),
        f"{seconds:.2f} s",
        f"{slow:.2f} s",
        f"{slow / seconds:.2f}",
        ", ".join(flaky(entered)) or "none",
    )
    return f"| {' | '.join(cells)} |\n"


def covered(coverage: Coverage) -> frozenset[str]:
    """The covered functions, each as its file and its name."""
    return frozenset(
        f"{Path(image.image.path).name}:{each.function.name}"
        for image in coverage.images
        for each in image.functions
        if each.state is State.COVERED
    )


def flaky(runs: Collection[frozenset[str]]) -> Sequence[str]:
    """What some of the runs entered, and not all."""
    return sorted(frozenset.union(*runs) - frozenset.intersection(*runs))


TARGET = Target(repositories=(str(REPOSITORY),))


def span(steps: Sequence[StepResult]) -> float:
    """Seconds from the first step's start to the last one's end: what tracing does between steps counts too."""
    return steps[-1].started + steps[-1].duration_s - steps[0].started


def untraced(recipe: Recipe) -> tuple[StepResult, ...]:
    """The steps, run as a measuring run runs them, in a root of the same packages, with no probe anywhere."""
    kept = Kept()
    with ExitStack() as undo:
        place, repositories = undo.enter_context(target.opened(TARGET))
        packager = backend.choose(None, place, repositories, undo.enter_context(target.home(place)))
        packager.install([*recipe.component, *recipe.also, *recipe.require])
        group = undo.enter_context(cgroup.created(recipe.name))
        work = undo.enter_context(target.work_directory(place))
        session, writer = cast(Session, NoProbes()), cast(ResultWriter, kept)
        stage = Stage(place, work, group, session, writer, Log(place, (), False), SILENT)
        run_steps(recipe, stage, finish_when_interrupted=False)
    if not all(step.outcome.good for step in kept.steps):
        raise SystemExit(f"{recipe.name} fails without probes")
    return tuple(kept.steps)


class NoProbes:
    def __init__(self) -> None:
        self.watch = self

    def take(self) -> list[object]:
        return []

    def begin_step(self) -> None: ...

    def take_hits(self) -> Mapping[str, object]:
        return {}


@dataclass
class Kept:
    steps: list[StepResult] = field(default_factory=list)

    def append(self, step: StepResult, *_: object) -> None:
        self.steps.append(step)


if __name__ == "__main__":
    main()
