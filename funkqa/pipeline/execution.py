"""Running the steps of a recipe and taking the hits of each."""

from dataclasses import dataclass
from itertools import count
from pathlib import Path

from funkqa.model.errors import Interrupted
from funkqa.model.measurement import Outcome
from funkqa.model.place import Place
from funkqa.model.recipe import Network, Phase, Recipe, Step
from funkqa.pipeline.executed import Log
from funkqa.pipeline.listener import Listener
from funkqa.runner import steps
from funkqa.store.writer import ResultWriter
from funkqa.system import cgroup
from funkqa.trace.session import Session


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the steps run, who watches them, and where their results go."""

    place: Place
    work: str
    group: Path
    session: Session
    writer: ResultWriter
    log: Log
    listener: Listener


def run_steps(recipe: Recipe, stage: Stage, finish_when_interrupted: bool) -> None:
    """prepare, execute, finish. A failed prepare skips execute; finish runs whatever happens.

    After a signal it runs only if ``finish_when_interrupted``: that is how a recipe undoes what it did to the
    running system, and of no use in a throw-away root.
    """
    numbers = count()

    def run(phase: Phase) -> list[Outcome]:
        return [_run(recipe, step, next(numbers), stage) for step in recipe.phase(phase)]

    try:
        if all(outcome.good for outcome in run(Phase.PREPARE)):
            run(Phase.EXECUTE)
        else:
            for step in recipe.phase(Phase.EXECUTE):
                stage.writer.append(steps.not_run(step, Outcome.SKIPPED, "a step of prepare failed"), {})
    except Interrupted:
        if finish_when_interrupted:
            run(Phase.FINISH)
        raise
    run(Phase.FINISH)


def _run(recipe: Recipe, step: Step, number: int, stage: Stage) -> Outcome:
    stage.listener.stage(f"step {number + 1}/{len(recipe.steps)}: {step.phase.value}: {step.name}")
    stage.listener.progress(number, len(recipe.steps))
    place = stage.place
    if recipe.network is Network.HOST:
        place = Place(place.root, place.enter_with_network, place.enter_with_network)
    group = cgroup.subgroup(stage.group, str(number))
    stage.session.begin_step()
    result = steps.run_step(step, place, group, stage.work, recipe.environment, stage.listener.output)
    hits, starts = stage.session.take_hits(), stage.session.watch.take()
    stage.writer.append(result, hits, stage.log.executions(starts, number))
    return result.outcome
