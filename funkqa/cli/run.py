"""``funkqa run``: from recipes to results and reports."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import click

from funkqa.cli import completion, ending, reports, shards
from funkqa.cli.ending import Ending
from funkqa.cli.main import complain
from funkqa.cli.narrator import Narrator
from funkqa.cli.recipes import read_all
from funkqa.cli.tracing import mode_options
from funkqa.model.errors import FunkqaError, NothingToMeasure, UsageError
from funkqa.model.recipe import Recipe
from funkqa.packages import backend
from funkqa.pipeline.recipe import measure
from funkqa.pipeline.sourcetext import SourceText
from funkqa.pipeline.target import Debuginfo, Target
from funkqa.report.plain import one_line
from funkqa.trace.session import Mode

FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


@click.command("run")
@click.argument("recipes", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RECIPE...")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The result file (one recipe only).")
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    default=Path(),
    metavar="DIR",
    help="Where result files go, as RECIPE-VERSION-RELEASE-ARCH.funkqa.  [default: this directory]",
)
@click.option(
    "--report",
    "wanted",
    multiple=True,
    metavar="FORMAT=PATH",
    shell_complete=completion.reports,
    help="Write a report, any format of `funkqa report --help`. With several recipes PATH contains {recipe}.",
)
@click.option(
    "--sandbox/--no-sandbox", default=True, help="Use a throw-away root (default), or the running system."
)
@click.option("--sandbox-dir", type=FOLDER, help="Keep the throw-away root's files here, not in memory.")
@click.option("--root", type=FOLDER, default=Path("/"), help="The system below the throw-away root.  [default: /]")
@click.option("--backend", "packager", type=click.Choice(backend.NAMES), help="The package manager to use.")
@click.option("--repo", "repositories", multiple=True, metavar="URI|DIR", help="Add a repository for this run.")
@click.option(
    "--rpm",
    "rpms",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Install this package from its file (and its debuginfo from a further one), without any repository.",
)
@click.option(
    "--debuginfo",
    type=click.Choice([each.value for each in Debuginfo]),
    default=Debuginfo.INSTALL.value,
    show_default=True,
    help="Install debuginfo packages; or unpack them into the cache only; or ask debuginfod only; or nobody.",
)
@click.option(
    "--with-source/--no-source",
    "with_source",
    default=None,
    help="Install -debugsource and keep all source text in the result, or none. "
    "[default: 4 MB of what is installed]",
)
@click.option("--shard", metavar="K/N", help="Run the K-th of N parts of the recipes; the same everywhere.")
@click.option(
    "--durations",
    multiple=True,
    type=click.Path(),
    metavar="DIR",
    help="With --shard: results of earlier runs, so that all parts take the same time; repeatable.",
)
@click.option("--remove", is_flag=True, help="With --no-sandbox: remove what was installed.")
@click.option("--suggest", is_flag=True, help="Say what to test next: uncovered areas, programs that never ran.")
@mode_options
@click.option("-v", "--verbose", is_flag=True, help="Show the output of the steps as it comes.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
def command(
    recipes: tuple[Path, ...],
    output: Path | None,
    results: Path,
    wanted: tuple[str, ...],
    sandbox: bool,
    sandbox_dir: Path | None,
    root: Path,
    packager: str | None,
    repositories: tuple[str, ...],
    rpms: tuple[Path, ...],
    debuginfo: str,
    with_source: bool | None,
    shard: str | None,
    durations: tuple[str, ...],
    remove: bool,
    suggest: bool,
    mode: Mode,
    verbose: bool,
    quiet: bool,
) -> None:
    """Install the packages that each RECIPE names, run its commands under measurement, and report.

    Everything happens in a throw-away root over the running system, which is gone afterwards, unless
    --no-sandbox is given.
    """
    checked = _enabled(_read_all(recipes))
    targets = reports.parse(wanted)
    reports.check_suggest(suggest, targets)
    _check_outputs(checked, output, results, targets)
    _check_place(sandbox, root, sandbox_dir, repositories, remove)
    if rpms and (repositories or packager):
        raise UsageError(
            "--rpm installs files without any repository or package manager",
            hint="make the files a repository: createrepo_c DIR, then --repo DIR",
        )
    if durations and shard is None:
        raise UsageError("--durations says how to split recipes: it is for --shard K/N")
    if shard is not None:
        checked = shards.chosen(checked, shards.parse(shard), durations)
    sources = {None: SourceText.INSTALLED, True: SourceText.ALL, False: SourceText.NONE}[with_source]
    target = Target(
        sandbox, root, sandbox_dir, packager, repositories, remove, Debuginfo(debuginfo), rpms, sources
    )
    endings = []
    for recipe in checked:
        told = Telling(recipe.name, verbose, quiet, suggest, several=len(checked) > 1)
        wanted_here = reports.for_recipe(targets, recipe.name)
        endings.append(_run_one(recipe, target, mode, output, results, wanted_here, told))
    _tell_endings(endings, quiet, to_stderr=quiet or any(report.path == "-" for report in targets))
    raise click.exceptions.Exit(ending.together(endings))


class Telling(NamedTuple):
    """How much is said of a recipe's run."""

    recipe: str
    verbose: bool
    quiet: bool
    suggest: bool
    several: bool


def _run_one(
    recipe: Recipe,
    target: Target,
    tracing: Mode,
    output: Path | None,
    results: Path,
    targets: tuple[reports.Wanted, ...],
    told: Telling,
) -> Ending:
    try:
        with Narrator(recipe.name, told.verbose, told.quiet) as narrator:
            path = measure(recipe, target, tracing, output, results, narrator)
            reports.check_targets(targets, [path])  # by the name that it got of the package
            coverage = reports.load(path)
            written = reports.write(coverage, targets, narrator)
        if not told.quiet and not any(report.path == "-" for report in targets):
            click.echo(reports.shown(coverage, sys.stdout), nl=False)
        if told.suggest:
            click.echo(("" if told.quiet else "\n") + reports.suggested(coverage), nl=False)
        written.end(path)
    except FunkqaError as error:
        complain(error, recipe.name if told.several else "")
        return ending.failed(recipe.name, error)
    if warnings := coverage.measurement.run.environment.get("warnings"):
        click.echo(f"{recipe.name}: warning: {one_line(warnings)}", err=True)
    if not told.quiet:
        paths = [str(path), *(report.path for report in targets)]
        click.echo(f"\nwritten: {' '.join(paths)}", err=True)
    return ending.judged(recipe.name, coverage)


def _tell_endings(endings: Sequence[Ending], quiet: bool, to_stderr: bool) -> None:
    """A line for each of several recipes; of a quiet run, for each that didn't pass and wasn't told of yet."""
    shown = [each for each in endings if each.code and each.verdict != "ERROR"] if quiet else endings
    if shown and (quiet or len(endings) > 1):
        click.echo(("" if quiet else "\n") + ending.table(shown), err=to_stderr)


def _read_all(paths: tuple[Path, ...]) -> tuple[Recipe, ...]:
    """All recipes, or all their errors; two of one name would write to one result file."""
    recipes = read_all(paths)
    names = [recipe.name for recipe in recipes]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"two recipes are called {name}", hint="rename one: their results would collide")
    return recipes


def _enabled(recipes: tuple[Recipe, ...]) -> tuple[Recipe, ...]:
    """Those that are to be run; the others are told. Raises NothingToMeasure if none is left."""
    for recipe in recipes:
        if not recipe.enabled:
            click.echo(f"{recipe.name}: not run: the recipe says enabled: false", err=True)
    left = tuple(recipe for recipe in recipes if recipe.enabled)
    if not left:
        raise NothingToMeasure("no recipe is enabled", hint="remove enabled: false from one")
    return left


def _check_outputs(
    recipes: tuple[Recipe, ...], output: Path | None, results: Path, targets: tuple[reports.Wanted, ...]
) -> None:
    if len(recipes) > 1 and output is not None:
        raise UsageError("-o names one file, but there are several recipes", hint="use --results DIR")
    if len(recipes) > 1 and any("{recipe}" not in report.path for report in targets):
        raise UsageError("with several recipes the path of --report must contain {recipe}")
    sources = [Path(recipe.path) for recipe in recipes]
    if output:
        reports.check_result(output, sources)
    else:
        reports.check_target(results / "result.funkqa")
    for recipe in recipes:
        reports.check_targets(reports.for_recipe(targets, recipe.name), [*sources, *([output] if output else [])])


def _check_place(
    sandbox: bool, root: Path, sandbox_dir: Path | None, repositories: tuple[str, ...], remove: bool
) -> None:
    if not sandbox and (root != Path("/") or sandbox_dir):
        raise UsageError("--root and --sandbox-dir are for a throw-away root, which --no-sandbox does without")
    if remove and sandbox:
        raise UsageError("--remove needs --no-sandbox: a throw-away root is always removed")
    for repository in repositories:
        if ":" not in repository and not Path(repository).is_dir():
            raise UsageError(
                "there is no such folder", where=f"--repo {repository}", hint="name a folder or a URI"
            )
        if Path(repository).is_dir() and not _is_repository(Path(repository)):
            raise UsageError(
                "this folder is no repository: it has neither repodata nor an RPM package",
                where=f"--repo {repository}",
                hint=f"name the folder that has them, or make one: createrepo_c {repository}",
            )


def _is_repository(folder: Path) -> bool:
    """Metadata of RPM-MD or SUSE's media, or plain packages, which zypper takes too."""
    return any((folder / name).exists() for name in ("repodata/repomd.xml", "content")) or any(
        folder.rglob("*.rpm")
    )
