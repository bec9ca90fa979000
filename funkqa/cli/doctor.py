"""``funkqa doctor``: can this host be measured on?"""

import time
from pathlib import Path

import click

import funkqa
from funkqa.doctor import render
from funkqa.doctor.examination import examine
from funkqa.doctor.finding import required_failures
from funkqa.doctor.trials import Trials
from funkqa.model.errors import ExitCode
from funkqa.packages import rpmdb
from funkqa.report.facts import counted
from funkqa.runner import sandbox
from funkqa.system import host, process
from funkqa.trace import program


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print JSON (funkqa schema doctor).")
@click.option(
    "--sandbox/--no-sandbox",
    "with_sandbox",
    default=True,
    help="Whether runs need a throw-away root (default), or use the running system.",
)
def command(as_json: bool, with_sandbox: bool) -> None:
    """Say what this host lacks for measuring, what is lost by that, and what to do about it.

    Each requirement is tried, never concluded from a version: a probe is attached to a file of its own, the BPF
    program is compiled and loaded, a throw-away root is made and a program run in it. Nothing is left of that.

    A line is "supported", "unsupported", or "inconclusive" where it could not be tried, as without root. What is
    marked "(optional)" is not needed by every measurement. `funkqa run` makes the quickest of these checks itself
    and refuses to start on a host that can't be measured on.

    Exit codes: 0, all that is required is supported; 3, something required is not.
    """
    trials = Trials(_load_program, _use_throw_away_root, _read_rpm_database)
    findings = examine(trials, host.cache_directory(), sandbox=with_sandbox)
    said = render.as_json(findings, funkqa.__version__) if as_json else render.text(findings)
    click.echo(said, nl=False)
    failures = required_failures(findings)
    raise click.exceptions.Exit(int(ExitCode.UNMEASURABLE if failures else ExitCode.PASSED))


def _load_program() -> str:
    began = time.monotonic()
    with program.loaded(1, 1):
        return f"compiled and loaded in {time.monotonic() - began:.1f} s"


def _use_throw_away_root() -> str:
    began = time.monotonic()
    with sandbox.opened() as place:
        probe = place.path("/funkqa-doctor")
        probe.touch()
        process.run(["/bin/sh", "-c", "test -e /funkqa-doctor"], enter=place.enter)
        took = time.monotonic() - began
    return f"made and entered in {took:.2f} s"


def _read_rpm_database() -> str:
    installed = rpmdb.installed(Path("/"))
    return f"{counted(len(installed), 'package')} in {rpmdb.database_macro(Path('/'))}"
