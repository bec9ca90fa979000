"""``funkqa run``: from recipes to results and reports."""

import shutil
import sys
from pathlib import Path

import click

from funkqa.cli import reports
from funkqa.cli.main import complain
from funkqa.cli.recipes import read_all
from funkqa.cli.tracing import mode, mode_options
from funkqa.cli.verdict import exit_code
from funkqa.model.errors import ExitCode, FunkqaError, LeftChanged, UsageError
from funkqa.model.recipe import Recipe
from funkqa.packages import backend
from funkqa.pipeline.recipe import measure
from funkqa.pipeline.target import Target
from funkqa.report import text
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
    help="Write a report: text, json, junit, junit-standard. With several recipes PATH contains {recipe}.",
)
@click.option(
    "--sandbox/--no-sandbox", default=True, help="Use a throw-away root (default), or the running system."
)
@click.option("--sandbox-dir", type=FOLDER, help="Keep the throw-away root's files here, not in memory.")
@click.option("--root", type=FOLDER, default=Path("/"), help="The system below the throw-away root.  [default: /]")
@click.option("--backend", "packager", metavar="NAME", help=f"Package manager: {', '.join(backend.NAMES)}.")
@click.option("--repo", "repositories", multiple=True, metavar="URI|DIR", help="Add a repository for this run.")
@click.option("--remove", is_flag=True, help="With --no-sandbox: remove what was installed.")
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
    remove: bool,
    retire: bool,
    union: bool,
    scope: str,
    verbose: bool,
    quiet: bool,
) -> None:
    """Install the packages that each RECIPE names, run its commands under measurement, and report.

    Everything happens in a throw-away root over the running system, which is gone afterwards, unless
    --no-sandbox is given.
    """
    checked = _read_all(recipes)
    targets = reports.parse(wanted)
    _check_outputs(checked, output, results, targets)
    _check_place(sandbox, root, sandbox_dir, repositories, remove)
    target = Target(sandbox, root, sandbox_dir, packager, repositories, remove)
    codes = [
        _run_one(
            recipe,
            target,
            mode(retire, union, scope),
            output,
            results,
            reports.for_recipe(targets, recipe.name),
            verbose,
            quiet,
        )
        for recipe in checked
    ]
    raise click.exceptions.Exit(_together(codes))


def _run_one(
    recipe: Recipe,
    target: Target,
    tracing: Mode,
    output: Path | None,
    results: Path,
    targets: tuple[reports.Wanted, ...],
    verbose: bool,
    quiet: bool,
) -> int:
    try:
        path = measure(recipe, target, tracing, output, results, Narrator(recipe.name, verbose, quiet))
        coverage = reports.load(path)
        reports.write(coverage, targets)
    except FunkqaError as error:
        complain(error)
        return int(error.exit_code)
    if not quiet and not any(report.path == "-" for report in targets):
        width = shutil.get_terminal_size().columns
        click.echo(text.render(coverage, width=width, colour=sys.stdout.isatty()), nl=False)
        written = [str(path), *(report.path for report in targets)]
        click.echo(f"\nwritten: {' '.join(written)}", err=True)
    return exit_code(coverage.verdict)


class Narrator:
    """Tells on standard error how a run goes on."""

    def __init__(self, recipe: str, verbose: bool, quiet: bool) -> None:
        self.recipe = recipe
        self.verbose = verbose
        self.quiet = quiet

    def stage(self, text: str) -> None:
        if not self.quiet:
            click.echo(f"{self.recipe}: {text}", err=True)

    def output(self, chunk: bytes) -> None:
        if self.verbose:
            sys.stderr.buffer.write(chunk)
            sys.stderr.buffer.flush()


def _read_all(paths: tuple[Path, ...]) -> tuple[Recipe, ...]:
    """All recipes, or all their errors; two of one name would write to one result file."""
    recipes = read_all(paths)
    names = [recipe.name for recipe in recipes]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"two recipes are called {name}", hint="rename one: their results would collide")
    return recipes


def _check_outputs(
    recipes: tuple[Recipe, ...], output: Path | None, results: Path, targets: tuple[reports.Wanted, ...]
) -> None:
    if len(recipes) > 1 and output is not None:
        raise UsageError("-o names one file, but there are several recipes", hint="use --results DIR")
    if len(recipes) > 1 and any("{recipe}" not in report.path for report in targets):
        raise UsageError("with several recipes the path of --report must contain {recipe}")
    reports.check_target(output or results / "result.funkqa")
    for recipe in recipes:
        reports.check_targets(reports.for_recipe(targets, recipe.name))


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


def _together(codes: list[int]) -> int:
    """One recipe: its own code. Several: 4 if anything was left changed, else 1 if any didn't pass."""
    if len(codes) == 1:
        return codes[0]
    if LeftChanged.exit_code in codes:
        return int(ExitCode.LEFT_CHANGED)
    return int(ExitCode.FINDINGS if any(codes) else ExitCode.PASSED)
