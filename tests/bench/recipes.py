"""``python -m tests.bench.recipes``: each recipe of the library, traced and untraced, measured here.

Needs root, uprobe_multi and what ``make recipe-packages`` builds, and some minutes. Names of recipes are
arguments; ``--times N`` is the number of runs of each kind, ``--update`` writes each recipe's row to
recipes/README.md as soon as it is measured, and leaves the others. A run without and one with probes follow each
other, each kind first in turn, so that a busy machine slows both. A function is flaky if some of the traced runs
enter it and others don't. A recipe that fails is named, gets no row, and makes the exit code 1.
"""

import argparse
import os
import platform
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from funkqa.analysis.coverage import cover
from funkqa.model.coverage import Coverage, State, Verdict
from funkqa.model.errors import FunkqaError
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
from tests.bench.recipetable import HEAD, Measured, Pair, flaky, row, with_rows
from tests.sections import section, with_section

ROOT = Path(__file__).parents[2]
RECIPES = {path.stem: path for path in sorted((ROOT / "recipes").glob("*.yaml"))}
REPOSITORY = ROOT / ".cache/packages/suse/repo"
README = ROOT / "recipes/README.md"
TARGET = Target(repositories=(str(REPOSITORY),))
TIMES = 5
SHOWN = 500
"""How many bytes of a failed step's output are told."""
MACHINE = f"Linux {platform.release().partition('-')[0]}, {platform.machine()}, {os.cpu_count()} processors.\n"


class RunFailed(Exception):
    """A run of a recipe didn't pass: its time and its functions say nothing."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the recipes of the library.")
    parser.add_argument("names", nargs="*", metavar="RECIPE")
    parser.add_argument("--times", type=int, default=TIMES)
    parser.add_argument("--update", action="store_true", help="write the rows to recipes/README.md")
    asked = parser.parse_args()
    if asked.times < 1:
        parser.error("--times needs a number above 0")
    if unknown := [name for name in asked.names if name not in RECIPES]:
        parser.error(f"no recipe is called {', '.join(unknown)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))  # as an exception, which undoes
    names = asked.names or list(RECIPES)
    if asked.update:
        updated(dict.fromkeys(names, ""))  # tell at once if the others can't stay
    failed = []
    print(HEAD, end="", flush=True)
    for name in names:
        try:
            line = measured(read_recipe(RECIPES[name]), asked.times)
        except (FunkqaError, RunFailed) as error:
            failed.append(name)
            print(f"{name}: {error}", file=sys.stderr, flush=True)
            continue
        print(line, end="", flush=True)
        if asked.update:
            README.write_text(updated({name: line}))
    print(f"\n{MACHINE}", end="")
    if failed:
        raise SystemExit(f"not measured: {', '.join(failed)}")


def updated(rows: Mapping[str, str]) -> str:
    """recipes/README.md with these rows. Ends the program if the rows that stay don't fit."""
    text = README.read_text()
    try:
        return with_section(text, "table", with_rows(section(text, "table"), rows, RECIPES, MACHINE))
    except ValueError as error:
        raise SystemExit(f"recipes/README.md: {error}") from None


def measured(recipe: Recipe, times: int) -> str:
    """The recipe's line of the table."""
    lacking = [name for name in recipe.component if not list(REPOSITORY.glob(f"{name}-[0-9]*.rpm"))]
    if lacking:
        raise RunFailed(f"the repository has no {', '.join(lacking)}; run make recipe-packages")
    pairs = []
    for number in range(times):
        began = time.monotonic()
        seconds = 0.0 if number % 2 else untraced(recipe)
        coverage = traced(recipe)
        pairs.append(Pair(seconds or untraced(recipe), span(coverage.steps), covered(coverage)))
        told = f"{recipe.name}: run {number + 1} of {times} took {time.monotonic() - began:.0f} s"
        print(told, *flaky([pair.covered for pair in pairs]), sep="; ", file=sys.stderr, flush=True)
    ratio, packages = coverage.ratio, [str(each.nevra) for each in coverage.measurement.run.packages]
    counts = (len(coverage.images), len(recipe.steps))
    return row(Measured(recipe.name, packages, ratio.covered, ratio.total, ratio.percent, *counts), pairs)


def traced(recipe: Recipe) -> Coverage:
    with tempfile.TemporaryDirectory(prefix="funkqa-table-") as directory:
        result = Path(directory, "result.funkqa")
        measure(recipe, TARGET, Mode(), result, Path(directory), SILENT)
        coverage = cover(read_result(result))
    refuse_failed("traced", coverage.steps)
    if coverage.verdict is not Verdict.PASSED:
        raise RunFailed(f"doesn't pass: {', '.join(coverage.findings)}")
    return coverage


def covered(coverage: Coverage) -> frozenset[str]:
    """The covered functions, each as its file and its name."""
    return frozenset(
        f"{Path(image.image.path).name}:{each.function.name}"
        for image in coverage.images
        for each in image.functions
        if each.state is State.COVERED
    )


def span(steps: Sequence[StepResult]) -> float:
    """Seconds from the first step's start to the last one's end: what tracing does between steps counts too."""
    return steps[-1].started + steps[-1].duration_s - steps[0].started


def untraced(recipe: Recipe) -> float:
    """Seconds of the steps, run as a measuring run runs them, in a root of the same packages, without probes."""
    kept = Kept()
    with ExitStack() as undo:
        place, repositories = undo.enter_context(target.opened(TARGET))
        packager = backend.choose(None, place, repositories, undo.enter_context(target.home(place)))
        also = [name for name in recipe.also if not set(name) & set("*?[")]
        packager.install([*recipe.component, *also, *recipe.require])
        group = undo.enter_context(cgroup.created(recipe.name))
        work = undo.enter_context(target.work_directory(place))
        session, writer = cast(Session, NoProbes()), cast(ResultWriter, kept)
        stage = Stage(place, work, group, session, writer, Log(place, (), False), SILENT)
        run_steps(recipe, stage, finish_when_interrupted=False)
    refuse_failed("without probes", kept.steps)
    return span(kept.steps)


def refuse_failed(how: str, steps: Sequence[StepResult]) -> None:
    """Raises RunFailed with the end of what the steps said that should have passed."""
    wrong = [step for step in steps if not step.outcome.good]
    said = [f"{step.name}: {step.reason}\n{step.output[-SHOWN:].decode(errors='replace')}" for step in wrong]
    if wrong:
        raise RunFailed(f"fails {how}: {''.join(said)}")


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
