"""The spine: from a recipe to a result file, stage by stage. Reads top to bottom."""

import os
import platform
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import funkqa
from funkqa import planning
from funkqa.doctor.examination import examine_quickly
from funkqa.doctor.finding import refuse_unfit
from funkqa.model.errors import Interrupted, RecipeError
from funkqa.model.measurement import MeasuredPackage, Outcome, RunRecord
from funkqa.model.package import Package
from funkqa.model.place import RUNNING_SYSTEM, Place
from funkqa.model.plan import DebugFile
from funkqa.model.recipe import Network, Phase, Recipe, Step
from funkqa.packages import backend, rpmdb
from funkqa.runner import sandbox, steps
from funkqa.store.writer import ResultWriter
from funkqa.system import cgroup, host, locks, process, systemd
from funkqa.trace import session as tracing

REPOSITORIES = "/run/funkqa/repositories"


class Listener(Protocol):
    """Who is told how a run goes on."""

    def stage(self, text: str) -> None: ...

    def output(self, chunk: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class Target:
    """Where packages are installed and measured.

    ``root`` is the lower layer of the throw-away root, or "/" without one; ``repositories`` are URIs or
    directories added for this run; ``remove``: take what was installed off the running system again.
    """

    sandbox: bool = True
    root: Path = Path("/")
    sandbox_directory: Path | None = None
    backend: str | None = None
    repositories: tuple[str, ...] = ()
    remove: bool = False


def measure(
    recipe: Recipe, target: Target, mode: tracing.Mode, result: Path | None, results: Path, listener: Listener
) -> Path:
    """Run the recipe and write the result file, which is returned (``result``, or a name below ``results``)."""
    check(recipe, target)
    with ExitStack() as undo:
        undo.enter_context(locks.session())
        listener.stage("making a throw-away root" if target.sandbox else "using the running system")
        place, repositories = undo.enter_context(_place(target))
        home = undo.enter_context(_home(place))
        packager = backend.choose(target.backend, place, repositories, home)
        if target.remove:
            undo.enter_context(_removed_again(place, home))

        listener.stage(f"installing {', '.join((*recipe.component, *recipe.require))} with {packager.name}")
        warnings = packager.install([*recipe.component, *_names(recipe.also), *recipe.require])
        packages = rpmdb.read_packages(
            place.root, (*recipe.component, *_names(recipe.also)), recipe.also, recipe.also_source
        )
        elves, unmeasured = planning.hold_elf_files(place, packages, target.sandbox, undo)

        listener.stage(f"installing debuginfo for {len(elves)} ELF files")
        build_ids = planning.build_ids(elves)
        warnings += packager.install_debuginfo(build_ids) if build_ids else ()
        debug_files = planning.find_debug_files(place, elves, host.cache_directory())

        listener.stage("planning probes")
        plan = planning.plan_probes(elves, debug_files, unmeasured, recipe.measure)
        path = result or results / _result_name(recipe, packages[0])
        record = _record(recipe, target, mode, place, packages, warnings)
        writer = undo.enter_context(ResultWriter.create(path, record, plan.images, plan.unmeasured))
        for problem in _problems(debug_files):
            writer.fault(problem)

        statistics: Mapping[str, float] = {}
        if plan.probes:
            listener.stage(f"attaching {len(plan.probes)} probes to {len(plan.images)} ELF files")
            group = undo.enter_context(cgroup.created(recipe.name))
            files = [elf.held for elf in elves]
            in_scope = (group, *undo.enter_context(systemd.in_scope(recipe.services)))
            scope = [cgroup.identifier(member) for member in in_scope]
            session = undo.enter_context(tracing.attached(plan, files, scope, mode))
            for image, function, reason in session.unattached():
                writer.skip(image, function, reason)
            _run_steps(recipe, target, place, group, session, writer, listener)
            for elf in elves:
                if elf.held.changed():
                    writer.fault(f"{elf.path} changed during the run: hits after that are lost")
            statistics = session.statistics()
        writer.finish(statistics)
    return path


def check(recipe: Recipe, target: Target) -> None:
    """Refuse what can't work before anything is changed."""
    refuse_unfit(examine_quickly())
    if recipe.services and target.sandbox:
        raise RecipeError(
            "systemd units run outside of a throw-away root",
            where=f"{recipe.path}: services",
            hint="measure the running system: --no-sandbox",
        )
    if target.remove and target.sandbox:
        raise RecipeError(
            "--remove needs --no-sandbox: a throw-away root is always removed", where=str(recipe.path)
        )


def _run_steps(
    recipe: Recipe,
    target: Target,
    place: Place,
    group: Path,
    session: tracing.Session,
    writer: ResultWriter,
    listener: Listener,
) -> None:
    """prepare, execute, finish. A failed prepare skips execute; finish runs whatever happens."""
    with _work_directory(place) as work:
        entered = place if recipe.network is Network.PRIVATE else _with_network(place)

        def run(step: Step) -> Outcome:
            listener.stage(f"{step.phase.value}: {step.name}")
            own = cgroup.subgroup(group, str(next(numbers)))
            session.begin_step()
            outcome = steps.run_step(step, entered, own, work, recipe.environment, listener.output)
            writer.append(outcome, session.take_hits())
            return outcome.outcome

        numbers = iter(range(len(recipe.steps)))
        try:
            prepared = all([run(step).good for step in recipe.phase(Phase.PREPARE)])  # noqa: C419 - every one runs
            for step in recipe.phase(Phase.EXECUTE):
                if prepared:
                    run(step)
                else:
                    writer.append(steps.not_run(step, Outcome.SKIPPED, "a step of prepare failed"), {})
        except Interrupted:
            if not target.sandbox:  # finish is how a recipe undoes what it did to the running system
                for step in recipe.phase(Phase.FINISH):
                    run(step)
            raise
        for step in recipe.phase(Phase.FINISH):
            run(step)


@contextmanager
def _place(target: Target) -> Iterator[tuple[Place, tuple[str, ...]]]:
    """The place to measure in, and the repositories as it sees them."""
    local = {
        f"{REPOSITORIES}/{number}": Path(uri)
        for number, uri in enumerate(target.repositories)
        if Path(uri).is_dir()
    }
    if not target.sandbox:
        yield (
            RUNNING_SYSTEM,
            tuple(f"dir:{Path(uri).resolve()}" if Path(uri).is_dir() else uri for uri in target.repositories),
        )
        return
    names = {str(path): f"dir:{inside}" for inside, path in local.items()}
    with sandbox.opened(lower=target.root, upper=target.sandbox_directory, binds=local) as place:
        yield place, tuple(names.get(str(Path(uri)), uri) for uri in target.repositories)


@contextmanager
def _home(place: Place) -> Iterator[Path]:
    """A HOME for package managers, inside the place: rpm on Debian keeps its database in HOME otherwise."""
    with tempfile.TemporaryDirectory(prefix="funkqa-home-", dir=place.path("/var/tmp")) as directory:
        Path(directory, ".rpmmacros").write_text(f"%_dbpath {rpmdb.database_macro(place.root)}\n")
        yield Path("/var/tmp", Path(directory).name)


@contextmanager
def _work_directory(place: Place) -> Iterator[str]:
    """An empty directory that the steps of a recipe share; its path inside the place."""
    with tempfile.TemporaryDirectory(prefix="funkqa-work-", dir=place.path("/var/tmp")) as directory:
        os.chmod(directory, 0o1777)  # for steps of other users
        yield f"/var/tmp/{Path(directory).name}"


@contextmanager
def _removed_again(place: Place, home: Path) -> Iterator[None]:
    before = rpmdb.installed(place.root)
    try:
        yield
    finally:
        new = sorted(rpmdb.installed(place.root) - before)
        if new:
            process.run(["rpm", "--erase", *new], enter=place.enter, environment={"HOME": str(home)})


def _with_network(place: Place) -> Place:
    return Place(place.root, place.enter_with_network, place.enter_with_network)


def _names(also: Sequence[str]) -> tuple[str, ...]:
    """Entries of ``also`` that are names, not globs: these are installed too."""
    return tuple(entry for entry in also if not set(entry) & set("*?["))


def _problems(debug_files: Sequence[DebugFile]) -> list[str]:
    return [debug.problem for debug in debug_files if debug.problem]


def _result_name(recipe: Recipe, package: Package) -> str:
    nevra = package.nevra
    return f"{recipe.name}-{nevra.version}-{nevra.release}-{nevra.arch}.funkqa"


def _record(
    recipe: Recipe,
    target: Target,
    mode: tracing.Mode,
    place: Place,
    packages: Sequence[Package],
    warnings: Sequence[str],
) -> RunRecord:
    distri, version = host.distribution(place.root)
    environment: Mapping[str, str] = {
        "kernel": host.kernel_release(),
        "arch": host.machine(),
        "distri": distri,
        "version": version,
        "root": "throw-away" if target.sandbox else "running system",
        "scope": mode.scope,
        "python": platform.python_version(),
        **({"warnings": "; ".join(warnings)} if warnings else {}),
    }
    return RunRecord(
        recipe=recipe.name,
        recipe_text=recipe.text,
        summary=recipe.summary,
        measure=recipe.measure,
        packages=tuple(MeasuredPackage(str(p.nevra), p.name, p.source_rpm, True) for p in packages),
        environment=environment,
        funkqa_version=funkqa.__version__,
        started=time.time(),
    )
