"""``make bench``: what tracing costs, as ratios of one run. Needs root and uprobe_multi; takes some minutes."""

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.bench import inventory, works
from tests.bench.timing import median_seconds, paired, row, seconds, throughput
from tests.bench.tracer import NOT_RETIRED, ON_ENTRIES, PLACED, Way, make_plan, tracing

LIBCRYPTO = Path("/usr/lib/x86_64-linux-gnu/libcrypto.so.3")
LIBLLVM = Path("/usr/lib/x86_64-linux-gnu/libLLVM-14.so.1")
PYTHON = Path("/usr/bin/python3.11")
WAYS = (PLACED, NOT_RETIRED, ON_ENTRIES)
COLD_SPEED_S = 1
SMALL_PART = 10_000
FOREIGN_CALLS = 20_000


def main() -> None:
    print(f"{platform.release()} {platform.machine()}, {os.cpu_count()} processors; medians\n")
    with tempfile.TemporaryDirectory(prefix="funkqa-bench-") as directory:
        folder = Path(directory)
        row("work", *(way.name for way in WAYS))
        calls(folder)
        compression(folder)
        digest(folder)
        execs(folder)
        print()
        foreign(folder)
        rearming(folder)
        attaching(folder)
        storm()
        start_up(folder)
    rendering()
    inventory.main()


def calls(folder: Path) -> None:
    """A loop of calls to a tiny function: what tracing adds, in seconds."""
    program = works.loop(folder)
    for duration_s in (1, 5, 10):
        count = works.calls_for(program, duration_s)
        plain = median_seconds([str(program), str(count)], 3)
        cells = []
        for way in WAYS:
            if way is not PLACED:
                # Not retired, the loop pays for every call: a small part of the work says how much.
                added = _added(program, count // SMALL_PART, way) * SMALL_PART
            else:
                added = _added(program, count, way, plain)
            cells.append(f"+{added:.3f} s")
        row(f"loop of calls, {plain:.2f} s of work: added", *cells)


def _added(program: Path, count: int, way: Way, plain: float | None = None) -> float:
    argv = [str(program), str(count)]
    before = median_seconds(argv, 3) if plain is None else plain
    added = []
    for _ in range(3):
        with tracing([program], way) as traced:
            added.append(seconds([*traced.enter, *argv]) - before)
    return statistics.median(added)


def compression(folder: Path) -> None:
    """bzip2 -9 of 30 MB: time over untraced."""
    bzip2, files = works.bzip2(folder)
    text = works.text(folder, 30_000_000)
    plain = median_seconds([str(bzip2), "-9", "-k", "-c", str(text)], 3)
    cells = []
    for way in WAYS:
        small = text if way is PLACED else works.text(folder, 300_000)
        argv = [str(bzip2), "-9", "-k", "-c", str(small)]
        base = plain if way is PLACED else median_seconds(argv, 3)
        ratios = []
        for _ in range(5 if way is PLACED else 1):
            with tracing(files, way) as traced:
                ratios.append(seconds([*traced.enter, *argv]) / base)
        cells.append(f"{statistics.median(ratios):.2f}")
    row(f"bzip2 -9 of 30 MB ({plain:.1f} s; others 0.3 MB): times", *cells)


def digest(folder: Path) -> None:
    """openssl speed: throughput traced over untraced, after the first second."""
    openssl, files = works.openssl(folder)
    argv = [str(openssl), "speed", "-elapsed", "-bytes", "64", "-evp", "sha256", "-seconds"]
    cells = []
    for way in WAYS:
        repeats = 5 if way is PLACED else 1

        def traced_speed(way: Way = way) -> float:
            with tracing(files, way) as traced:
                # The first second pays for the first round; the figure after it is that of a longer run less it.
                first = throughput([*traced.enter, *argv, str(COLD_SPEED_S)])
                traced.session.take_hits()
                later = throughput([*traced.enter, *argv, "3"])
                return later if way is PLACED else min(first, later)

        traced, plain = paired(traced_speed, lambda: throughput([*argv, "3"]), repeats)
        cells.append(f"{traced / plain:.3f}")
    with ExitStack() as undo:
        probes = len(make_plan(files, undo)[0].probes)
    row(f"openssl speed sha256, 64 bytes ({probes:,} probes): throughput", *cells)


def execs(folder: Path) -> None:
    """Short programs, from the second on: microseconds added for each live probe that the process maps."""
    openssl, files = works.openssl(folder)
    works_ = (
        ("openssl version", files, [str(openssl), "version"], 100),
        ("openssl version, Debian's", [LIBCRYPTO], ["openssl", "version"], 100),
        ("python3.11 -S -c pass", [PYTHON], [str(PYTHON), "-S", "-c", "pass"], 20),
    )
    for name, files, argv, times in works_:
        # Not while probes are attached: they slow down every process that maps the file.
        plain = median_seconds(["/bin/sh", "-c", 'exec "$@"', "sh", *argv], times)
        cells = []
        for way in WAYS:
            with tracing(files, way) as traced:
                seconds([*traced.enter, *argv])
                count = len(traced.session.plan.probes)
                slow = median_seconds([*traced.enter, *argv], times if way is PLACED else 5)
            cells.append(f"+{(slow - plain) * 1e6 / count:.2f} us/probe")
        row(f"{name} ({count} probes, {plain * 1e3:.1f} ms)", *cells)


def foreign(folder: Path) -> None:
    """What a process out of scope pays for each call of a function that nobody in scope has run."""
    row("out of scope: added to each call", "emulated", "single-stepped")
    cells = []
    for options in (("-fpatchable-function-entry=1",), ()):  # a nop first, and none
        program = works.loop(folder, *options)
        argv = [str(program), str(FOREIGN_CALLS)]
        plain = median_seconds(argv, 3)
        with tracing([program], PLACED) as traced:
            slow = median_seconds(argv, 3)
            assert traced.session.statistics()["traps_out_of_scope"] > FOREIGN_CALLS
        cells.append(f"+{(slow - plain) * 1e6 / FOREIGN_CALLS:.2f} us")
    row("a hot function of a foreign process", *cells)


def rearming(folder: Path) -> None:
    """Milliseconds to attach everything again at the start of a step, if a probe of each group was retired."""
    row("attach again for a step", "probes", "links", "per step")
    for files in ([LIBCRYPTO], works.openssl(folder)[1], [LIBLLVM]):
        with tracing(files, PLACED) as traced:
            groups = traced.session.groups
            taken = []
            for _ in range(5):
                for group in groups:
                    group.live = group.live[:-1]
                start = time.perf_counter()
                traced.session.begin_step()
                taken.append(time.perf_counter() - start)
            probes = len(traced.session.plan.probes)
        row("", f"{probes:,}", f"{len(groups)}", f"{statistics.median(taken) * 1e3:.0f} ms")


def attaching(folder: Path) -> None:
    """Seconds to attach and to stop, and the tracer's memory."""
    row("attach and stop", "probes", "start", "attach only", "stop", "memory")
    for files in ([LIBCRYPTO], works.openssl(folder)[1], [LIBLLVM], [works.many_functions(folder, 300_000)]):
        subprocess.run([sys.executable, "-m", "tests.bench.attach", *map(str, files)], check=True)


def rendering() -> None:
    """CPU seconds and memory of all report formats; what a browser needs for the page."""
    for count in (10_000, 100_000):
        subprocess.run([sys.executable, "-m", "tests.bench.reports", str(count)], check=True)
    subprocess.run([sys.executable, "-m", "tests.bench.page", "100000"], check=True)


def storm() -> None:
    """Eight processes that start 25 programs a second each, while libcrypto's probes are retired."""
    for way in (PLACED, NOT_RETIRED):
        with tracing([LIBCRYPTO], way) as traced:
            argv = [*traced.enter, "openssl", "version"]
            slowest, total = works.exec_storm(argv, processes=8, rate=25, duration_s=5)
            figures = traced.session.statistics()
        rounds = figures["retirement_rounds"]
        mean = figures["retirement_time_s"] / rounds if rounds else 0.0
        cells = (f"{total} execs", f"{rounds:.0f} rounds", f"{mean:.2f} s/round", f"slowest {slowest:.2f} s")
        row(f"exec storm of openssl version: {way.name}", *cells)


def start_up(folder: Path) -> None:
    """From nothing to the first step, for a package of about a hundred functions; and the help text."""
    _, files = works.bzip2(folder)

    def start() -> float:
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-m", "tests.bench.attach", "--quiet", *map(str, files)], check=True)
        return time.perf_counter() - begin

    with ExitStack() as undo:
        probes = len(make_plan(files, undo)[0].probes)
    row(
        f"process start to attached, and end: {probes} probes",
        f"{statistics.median(start() for _ in range(5)):.2f} s",
    )
    helped = median_seconds([sys.executable, "-m", "funkqa", "--help"])
    row("funkqa --help", f"{helped:.2f} s")


if __name__ == "__main__":
    main()
