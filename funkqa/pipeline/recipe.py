"""The spine: from a recipe to a result file, stage by stage. Reads top to bottom."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from funkqa.doctor.examination import examine_quickly
from funkqa.doctor.finding import refuse_unfit
from funkqa.model.errors import RecipeError
from funkqa.model.package import Package
from funkqa.model.recipe import Recipe
from funkqa.packages import backend, rpmdb
from funkqa.pipeline import debugfiles, executed, ownership, planning, shimming, skew, sourcetext, target
from funkqa.pipeline.execution import Stage, run_steps
from funkqa.pipeline.listener import Listener
from funkqa.pipeline.record import run_record
from funkqa.pipeline.target import ASKED, Target
from funkqa.store.writer import ResultWriter
from funkqa.system import cgroup, locks, systemd
from funkqa.trace import session as tracing


def measure(
    recipe: Recipe, where: Target, mode: tracing.Mode, result: Path | None, results: Path, listener: Listener
) -> Path:
    """Run the recipe and write the result file, which is returned (``result``, or a name below ``results``)."""
    check(recipe, where)
    rpms = target.package_files(where)
    with ExitStack() as undo:
        undo.enter_context(locks.session())
        listener.stage("making a throw-away root" if where.sandbox else "using the running system")
        place, repositories = undo.enter_context(target.opened(where))
        home = undo.enter_context(target.home(place))
        packager = backend.choose(where.backend, place, repositories, home, rpms)
        if where.remove:
            undo.enter_context(target.removed_again(place, home))

        listener.stage(f"installing {', '.join((*recipe.component, *recipe.require))} with {packager.name}")
        names = (*recipe.component, *_names(recipe.also))
        warnings = packager.install([*names, *recipe.require])
        packages = rpmdb.read_packages(place.root, names, recipe.also, recipe.also_source)
        warnings += tuple(f"also: nothing is called {glob}" for glob in rpmdb.unmatched(packages, recipe.also))
        elves, unmeasured = ownership.hold_elf_files(place, packages, where.sandbox, undo)

        wanted = debugfiles.build_ids(elves)
        warnings += debugfiles.provide(where.debuginfo, packager, place, home, wanted, listener)
        warnings += sourcetext.install(packager, place, ownership.owners(elves), where.sources)
        listener.stage(f"merging debuginfo of {_elf_files(len(elves))}")
        debug_files = debugfiles.find(place, elves, undo, where.debuginfo, listener)
        if where.debuginfo in ASKED:
            debug_files = skew.told(debug_files, elves, place, packager)
        warnings += debugfiles.warnings(debug_files)

        listener.stage("planning probes")
        plan = planning.plan_probes(elves, debug_files, unmeasured, recipe.measure, listener)
        facts = {
            "root": "throw-away" if where.sandbox else "running system",
            "scope": mode.scope,
            "backend": packager.name,
        }
        shims = shimming.planned(place, elves, mode.shims)
        facts["shims"] = shims.fact
        if where.debuginfo not in ASKED:
            facts["debuginfo"] = where.debuginfo.value
        if warnings:
            facts["warnings"] = "; ".join(dict.fromkeys(warnings))
        record = run_record(recipe.name, recipe.text, recipe.summary, recipe.measure, packages, place.root, facts)
        path = result or results / result_name(recipe, packages[0])
        writer = undo.enter_context(ResultWriter.create(path, record, plan.images, plan.unmeasured))
        for problem in (*debugfiles.problems(debug_files), *plan.problems):
            writer.fault(problem)

        statistics: Mapping[str, float] = {}
        if plan.probes:
            listener.stage(f"attaching {len(plan.probes)} probes to {_elf_files(len(plan.images))}")
            group = undo.enter_context(cgroup.created(recipe.name))
            in_scope = (group, *undo.enter_context(systemd.in_scope(recipe.services)))
            files, entries = [elf.held for elf in elves], tuple(executed.entries(elves))
            shim_entries = undo.enter_context(shimming.in_place(place, shims))
            session = undo.enter_context(tracing.attached(plan, files, _identifiers(in_scope), mode, entries))
            session.watch.shims(shim_entries)
            for image, function, reason in session.unattached():
                writer.skip(image, function, reason)
            work = undo.enter_context(target.work_directory(place))
            log = executed.Log(place, plan.images, mode.arguments)
            stage = Stage(place, work, group, session, writer, log, listener)
            run_steps(recipe, stage, finish_when_interrupted=not where.sandbox)
            planning.record_changes(elves, plan, writer)
            statistics = session.statistics()
            executed.tell_lost(session.watch.lost(), writer)
        sourcetext.keep(place, packages, path, writer, where.sources)
        writer.finish(statistics)
    return path


def check(recipe: Recipe, where: Target) -> None:
    """Refuse what can't work before anything is changed."""
    refuse_unfit(examine_quickly())
    if recipe.services and where.sandbox:
        raise RecipeError(
            "systemd units run outside of a throw-away root",
            where=f"{recipe.path}: services",
            hint="measure the running system: --no-sandbox",
        )


def result_name(recipe: Recipe, package: Package) -> str:
    """``bzip2-1.0.8-5.1-x86_64.funkqa``: the recipe, and version, release and architecture of its package."""
    nevra = package.nevra
    return f"{recipe.name}-{nevra.version}-{nevra.release}-{nevra.arch}.funkqa"


def _elf_files(count: int) -> str:
    return f"{count} ELF file{'' if count == 1 else 's'}"


def _identifiers(groups: Sequence[Path]) -> list[int]:
    return [cgroup.identifier(group) for group in groups]


def _names(also: Sequence[str]) -> tuple[str, ...]:
    """Entries of ``also`` that are names, not globs: these are installed too."""
    return tuple(entry for entry in also if not set(entry) & set("*?["))
