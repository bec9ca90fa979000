"""``python -m tests.recipe_table``: coverage, time and slow-down of each recipe, measured here.

Needs root, uprobe_multi and the test repository, and some minutes. ``--update`` writes it to recipes/README.md.
"""

import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from funkqa.analysis.coverage import cover
from funkqa.model.coverage import Verdict
from funkqa.model.measurement import StepResult
from funkqa.model.recipe import Recipe
from funkqa.packages import backend
from funkqa.pipeline import target
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

ROOT = Path(__file__).parents[1]
RECIPES = ROOT / "recipes"
REPOSITORY = ROOT / ".cache/packages/suse/repo"
README = RECIPES / "README.md"
TIMES = 3
HEAD = """\
| recipe | package | functions | covered | steps | untraced | traced | ratio |
|---|---|---:|---:|---:|---:|---:|---:|
"""


def main() -> None:
    rows = "".join(row(path) for path in sorted(RECIPES.glob("*.yaml")))
    kernel = platform.release().partition("-")[0]
    machine = f"Linux {kernel}, {platform.machine()}, {os.cpu_count()} processors; medians of {TIMES} runs.\n"
    table = f"{HEAD}{rows}\n{machine}"
    print(table)
    if "--update" in sys.argv[1:]:
        README.write_text(with_section(README.read_text(), "table", table))


def row(path: Path) -> str:
    """A line of the table. A run that doesn't pass ends the program: its time says nothing."""
    recipe = read_recipe(path)
    traced, plain = [], []
    for _ in range(TIMES):
        plain.append(span(untraced(recipe)))
        with tempfile.TemporaryDirectory(prefix="funkqa-table-") as directory:
            result = Path(directory, "result.funkqa")
            measure(recipe, TARGET, Mode(), result, Path(directory), SILENT)
            coverage = cover(read_result(result))
        if coverage.verdict is not Verdict.PASSED:
            raise SystemExit(f"{path.name} doesn't pass")
        traced.append(span(coverage.steps))
    seconds, slow = statistics.median(plain), statistics.median(traced)
    ratio = coverage.ratio
    cells = (
        f"[{recipe.name}]({path.name})",
        "<br>".join(package.nevra for package in coverage.measurement.run.packages),
        f"{ratio.covered}/{ratio.total}",
        ratio.percent,
        str(len(recipe.steps)),
        f"{seconds:.2f} s",
        f"{slow:.2f} s",
        f"{slow / seconds:.2f}",
    )
    return f"| {' | '.join(cells)} |\n"


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
        run_steps(recipe, Stage(place, work, group, session, writer, SILENT), finish_when_interrupted=False)
    if not all(step.outcome.good for step in kept.steps):
        raise SystemExit(f"{recipe.name} fails without probes")
    return tuple(kept.steps)


class NoProbes:
    def begin_step(self) -> None: ...

    def take_hits(self) -> Mapping[str, object]:
        return {}


@dataclass
class Kept:
    steps: list[StepResult] = field(default_factory=list)

    def append(self, step: StepResult, _: Mapping[str, object]) -> None:
        self.steps.append(step)


if __name__ == "__main__":
    main()
