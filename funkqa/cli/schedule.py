"""``funkqa schedule``: recipes become jobs of openQA."""

import re
from pathlib import Path

import click

from funkqa.analysis.shards import expected_ms, load, shards_of
from funkqa.cli import reports
from funkqa.cli.recipes import read_all
from funkqa.cli.shards import SETUP_S, known_ms
from funkqa.model.errors import UsageError
from funkqa.model.schedule import Job, Machine, Product, Schedule
from funkqa.report.facts import counted
from funkqa.report.schedule import FORMS, OWN_SETTINGS


@click.command("schedule")
@click.argument("recipes", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RECIPE...")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Where the YAML goes.  [default: stdout]")
@click.option(
    "--durations",
    multiple=True,
    type=click.Path(),
    metavar="DIR",
    help="Results of earlier runs, which say how long each recipe takes; repeatable.",
)
@click.option(
    "--setup",
    type=click.IntRange(0, 3600),
    default=SETUP_S,
    show_default=True,
    metavar="SECONDS",
    help="What installing takes for each recipe besides.",
)
@click.option(
    "--minutes", default="15-30", show_default=True, metavar="LEAST-MOST", help="How long a job shall last."
)
@click.option("--as", "form", type=click.Choice(list(FORMS)), default="scenario-definitions", show_default=True)
@click.option("--distri", default="opensuse", show_default=True, help="The product, in openQA's words.")
@click.option("--version", default="*", show_default=True)
@click.option("--flavor", default="DVD", show_default=True)
@click.option("--arch", default="x86_64", show_default=True)
@click.option("--machine", default="64bit", show_default=True, help="openQA's name of the machine.")
@click.option("--backend", default="qemu", show_default=True, help="The backend of that machine.")
@click.option(
    "--setting", "settings", multiple=True, metavar="KEY=VALUE", help="A variable of all jobs; repeatable."
)
def command(
    recipes: tuple[Path, ...],
    output: Path | None,
    durations: tuple[str, ...],
    setup: int,
    minutes: str,
    form: str,
    distri: str,
    version: str,
    flavor: str,
    arch: str,
    machine: str,
    backend: str,
    settings: tuple[str, ...],
) -> None:
    """Split RECIPEs into jobs of about the same length and write them as YAML for openQA, which runs them.

    scenario-definitions are for `openqa-cli schedule`, job-templates for a job group. Each job has its recipes in
    FUNKQA_RECIPES and uploads its results. Fetch these into a folder; `funkqa merge`, `funkqa compare` and
    `funkqa release` do the rest. Without --durations every recipe counts the same.

    The same recipes and durations always give the same jobs. Recipes with `enabled: false` are left out.

    Exit codes: 0; 2, a wrong recipe or command line.
    """
    least, most = _range(minutes)
    product = Product(
        *(_word(what, text) for what, text in zip(Product._fields, (distri, version, flavor, arch), strict=True))
    )
    if output:
        reports.check_target(output)
    names = [recipe.name for recipe in read_all(recipes) if recipe.enabled]
    if not names:
        raise UsageError("no recipe is enabled, so there is nothing to schedule")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise UsageError(f"two recipes are called {twice}", hint="rename one: their results would collide")
    known = known_ms(durations)
    expected = expected_ms(names, known, 1000 * setup)
    jobs = [
        Job(shard, -(-load(expected, shard) // 1000))
        for shard in shards_of(expected, 60_000 * least, 60_000 * most)
    ]
    schedule = Schedule(
        product,
        Machine(_word("machine", machine), _word("backend", backend)),
        dict(map(_setting, settings)),
        tuple(jobs),
    )
    written = reports.write_rendered(schedule, (reports.Wanted(form, str(output or "-")),), FORMS)
    written.end(None)
    _tell(schedule, [name for name in names if name not in known])


def _tell(schedule: Schedule, unknown: list[str]) -> None:
    jobs = schedule.jobs
    total, longest = sum(job.expected_s for job in jobs), max(job.expected_s for job in jobs)
    recipes = sum(len(job.recipes) for job in jobs)
    click.echo(
        f"funkqa: {counted(recipes, 'recipe')} in {counted(len(jobs), 'job')}, "
        f"{_minutes(total)} min in all, the longest {_minutes(longest)} min",
        err=True,
    )
    if unknown:
        more = ", ..." if len(unknown) > 5 else ""
        names = ", ".join(unknown[:5]) + more
        click.echo(f"funkqa: no duration is known of {counted(len(unknown), 'recipe')}: {names}", err=True)


def _minutes(seconds: int) -> int:
    return -(-seconds // 60)


def _range(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"([0-9]{1,4})-([0-9]{1,4})", text)
    least, most = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= least <= most:
        raise UsageError(f"--minutes {text}: write LEAST-MOST in whole minutes", hint="for example: 15-30")
    return least, most


def _word(what: str, text: str) -> str:
    """A value that openQA takes as the name of a product, its parts, or a machine."""
    wanted = "[a-z0-9_]+" if what == "arch" else r"[A-Za-z0-9_.*-]+"
    if not re.fullmatch(wanted, text):
        raise UsageError(f"--{what} {text!r}: openQA takes {wanted}")
    return text


def _setting(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not re.fullmatch("[A-Z_+]+[A-Z0-9_]*", key):
        raise UsageError(
            f"--setting {text}: write KEY=VALUE, the key in capitals", hint="for example: HDD_1=a.qcow2"
        )
    if key in OWN_SETTINGS:
        raise UsageError(f"--setting {text}: funkqa sets {key} itself")
    return key, value
