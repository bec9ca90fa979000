"""``funkqa restore``: remove what a killed run left."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import click

from funkqa.cli.talking import taken_by
from funkqa.model.errors import HostUnfit, Interrupted
from funkqa.pipeline.shimming import BASE
from funkqa.shim import mounts
from funkqa.system import host, leftovers, locks, sessions, systemd


@click.command("restore")
def command() -> None:
    """Remove what funkqa left on this system when it was killed (SIGKILL, out of memory).

    A run that ends by itself, by Control-C or by SIGTERM leaves nothing. Probes and throw-away roots are gone with
    the killed process too: the kernel sees to that. What may stay, and is removed here:

    \b
      - cgroups below funkqa/ in cgroup v2, with the processes of recipes in
        them, which are killed first; what `funkqa trace` started goes on
      - funkqa-changed-*, funkqa-home-*, funkqa-rpmdb-*, funkqa-trace-* and
        funkqa-work-* directories of this user in /var/tmp, /tmp and TMPDIR,
        but those in use by a command that only reads
      - shims in front of programs, and what sessions had in /run/funkqa (a
        session's result stays in /var/lib/funkqa: `funkqa stop` takes it)
      - drop-ins of systemd units, which go back to where they were
      - unfinished files (.new-*) in the cache directory

    Out of reach are files of a throw-away root that was kept elsewhere: remove funkqa-* in the directory that was
    given with --sandbox-dir. Packages that a run with --no-sandbox installed stay installed.

    Each thing that is removed is printed on a line of its own. To run it twice changes nothing.

    Exit codes: 0, the system is clean; 3, a session of funkqa is alive (what ends it is named) or the rights are
    missing; 4, something can't be removed.
    """
    if not host.is_root():
        raise HostUnfit("funkqa must be root to restore the system", hint="run it as root")
    count = 0
    try:
        with locks.alone():
            for path in _removed():
                click.echo(f"removed {path}")
                count += 1
    except locks.Beside as beside:
        raise HostUnfit(beside.message, hint=remedy(beside)) from beside
    except Interrupted as interrupted:
        interrupted.outcome = "what is left is removed by another: funkqa restore"
        raise
    if not count:
        click.echo("nothing to restore")


def remedy(beside: locks.Beside) -> str:
    """How to end who is alive: a session in the background is stopped, so that its result isn't lost."""
    named = {sessions.pid(name): name for name in sessions.names() if sessions.lives(name)}
    stops = [taken_by(named[str(pid)]) for pid in beside.pids if str(pid) in named]
    kills = [f"kill {pid}" for pid in beside.pids if str(pid) not in named]
    return f"wait until it ends, or end it: {'; '.join([*stops, *kills])}" if stops else beside.hint


def _removed() -> Iterator[Path]:
    return chain(
        systemd.undo(),
        sessions.left(),
        mounts.left(Path("/").glob(f"{BASE[1:]}*")),
        leftovers.groups(),
        leftovers.directories(leftovers.temporary_parents()),
        leftovers.cache_files(host.cache_directory()),
    )
