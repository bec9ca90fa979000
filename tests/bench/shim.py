"""What shims cost: an exec through one, mounting them, and programs that have none. Needs root; about 20 s.

The host's mounts stay as they are: everything happens in a mount namespace of this process.
"""

import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from funkqa.model.place import RUNNING_SYSTEM
from funkqa.model.recipe import Measure
from funkqa.pipeline import executed, named, shimming
from funkqa.pipeline.ownership import OwnedElf
from funkqa.system import mount
from funkqa.trace import session as tracing
from tests.bench import works
from tests.bench.timing import row

EXECS, ROUNDS, SHIMS = 1000, 5, 300
PROBES = (1, 10_000)

TRUE = """
void _start(void)
{
    __asm__ volatile("syscall" : : "a"(231), "D"(0));
}
"""
"""One function, so that probes in the program itself cost nothing to speak of; exit_group(2) of x86-64."""

BARE = ("-static", "-nostdlib", "-fcf-protection=none")
SPAWN = """
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
static int order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
int main(int argc, char **argv)
{
    int count = atoi(argv[1]), status;
    double *took = malloc(count * sizeof *took);
    char *none[] = { NULL };
    for (int i = 0; i < count; i++) {
        struct timespec begin, end;
        pid_t child;
        clock_gettime(CLOCK_MONOTONIC, &begin);
        if (posix_spawn(&child, argv[2], NULL, NULL, argv + 2, none))
            return 2;
        waitpid(child, &status, 0);
        clock_gettime(CLOCK_MONOTONIC, &end);
        if (status)
            return 3;
        took[i] = (end.tv_sec - begin.tv_sec) * 1e3 + (end.tv_nsec - begin.tv_nsec) / 1e6;
    }
    qsort(took, count, sizeof *took, order);
    printf("%f\\n", took[count / 2]);
    return 0;
}
"""


def main() -> None:
    mount.unshare(mount.CLONE_NEWNS)
    mount.mount("none", "/", flags=mount.MS_REC | mount.MS_PRIVATE)
    with tempfile.TemporaryDirectory(prefix="funkqa-bench-", dir="/var/tmp") as directory:
        folder = Path(directory)
        spawn = compiled(folder / "spawn", SPAWN)
        true = compiled(folder / "true", TRUE, *BARE)
        other = compiled(folder / "other", TRUE, *BARE)
        execs(spawn, true, other, folder)
        mounting(true, folder)


def compiled(path: Path, source: str, *options: str) -> Path:
    path.with_suffix(".c").write_text(source)
    subprocess.run(["gcc", "-g", "-O2", *options, "-o", path, path.with_suffix(".c")], check=True)
    return path


def spawned(spawn: Path, program: Path) -> float:
    """Milliseconds of one posix_spawn(3) and the program's end, the median of many."""
    done = subprocess.run([spawn, str(EXECS), program], check=True, capture_output=True, text=True)
    return float(done.stdout)


def execs(spawn: Path, true: Path, other: Path, folder: Path) -> None:
    """In turn, so that a drifting machine favours neither: the program, and one that belongs to nobody."""
    plain = statistics.median(spawned(spawn, true) for _ in range(ROUNDS))
    row(f"static true, posix_spawn, median of {EXECS:,}", "plain", "shim", "added", "another program")
    for probes in PROBES:
        library = [works.many_functions(folder, probes)] if probes > 1 else []
        with session([true, *library]) as count:
            pairs = [(spawned(spawn, true), spawned(spawn, other)) for _ in range(ROUNDS)]
        shimmed, strange = (statistics.median(column) for column in zip(*pairs, strict=True))
        after = statistics.median(spawned(spawn, other) for _ in range(ROUNDS))
        row(
            f"a session with {count:,} probes",
            f"{plain:.3f} ms",
            f"{shimmed:.3f} ms",
            f"+{shimmed - plain:.3f} ms",
            f"x {strange / after:.2f}",
        )
    with ExitStack() as undo:
        loose = shimming.planned(RUNNING_SYSTEM, elves([true], undo), True)
        undo.enter_context(shimming.in_place(RUNNING_SYSTEM, loose, whole_system=True))
        shimmed = statistics.median(spawned(spawn, true) for _ in range(ROUNDS))
    row("no session any more", f"{plain:.3f} ms", f"{shimmed:.3f} ms", f"+{shimmed - plain:.3f} ms")


def elves(files: Sequence[Path], undo: ExitStack) -> tuple[OwnedElf, ...]:
    return named.prepared(named.packages([str(file) for file in files]), undo, Measure()).elves


@contextmanager
def session(files: Sequence[Path]) -> Iterator[int]:
    """A session with shims on the programs among the files; the number of its probes."""
    with ExitStack() as undo:
        prepared = named.prepared(named.packages([str(file) for file in files]), undo, Measure())
        shims = shimming.planned(RUNNING_SYSTEM, prepared.elves, True)
        entries = undo.enter_context(shimming.in_place(RUNNING_SYSTEM, shims, whole_system=True))
        held, begins = [elf.held for elf in prepared.elves], tuple(executed.entries(prepared.elves))
        traced = undo.enter_context(tracing.attached(prepared.plan, held, [], tracing.Mode(shims=True), begins))
        traced.watch.shims(entries)
        yield len(prepared.plan.probes)
        started = len(traced.watch.take())
        if started < EXECS:
            sys.exit(f"only {started} starts were logged")


def mounting(true: Path, folder: Path) -> None:
    """Processor and wall time to mount and to remove the shims of many programs."""
    programs = [folder / f"program{number}" for number in range(SHIMS)]
    for program in programs:
        shutil.copy(true, program)
    with ExitStack() as undo:
        owned = elves(programs, undo)
        figures = []
        for _ in range(ROUNDS):
            shims = shimming.planned(RUNNING_SYSTEM, owned, True)
            with shimming.in_place(RUNNING_SYSTEM, shims, whole_system=True):
                pass
            begin = clocks()
            with shimming.in_place(RUNNING_SYSTEM, shims, whole_system=True):
                mounted = clocks()
            removed = clocks()
            figures.append([b - a for a, b in zip((*begin, *mounted), (*mounted, *removed), strict=True)])
    wall, cpu, removal, _ = (statistics.median(column) for column in zip(*figures, strict=True))
    row(f"{len(shims.plan.shims)} programs", f"mount {wall:.3f} s", f"CPU {cpu:.3f} s", f"remove {removal:.3f} s")


def clocks() -> tuple[float, float]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return time.perf_counter(), used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
