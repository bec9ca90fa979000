"""Compare two results and merge many; print the CPU time it took, the size of a file, and the memory."""

import resource
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from funkqa.model.measurement import Measurement
from funkqa.model.units import Bitmap
from funkqa.store.whole import write_result
from tests.bench.timing import row
from tests.examples import function, image, measurement, step

STEPS = 10


def run_of(count: int, number: int = 0, build_id: str = "ab12", first: int = 0) -> Measurement:
    """A run of ``count`` functions, half of them static, of which each run enters others."""
    functions = [
        function(
            f"function_{index}",
            vaddr=0x1000 + 16 * index,
            size=16 + index % 97,
            local=index % 2 == 0,
            unit=f"src/part{index // 100}.c",
            file=f"src/part{index // 100}.c",
            line=10 * (index % 100) + 1,
        )
        for index in range(first, first + count)
    ]
    hits = {(0, entered): range((number + entered) % 17, count, 23) for entered in range(STEPS)}
    run = measurement([image(functions=functions, build_id=build_id)], [step(f"s{n}") for n in range(STEPS)], hits)
    return replace(run, run=replace(run.run, started=run.run.started + number))


def files_of(folder: Path, count: int, runs: int) -> list[Path]:
    """Result files of so many runs; the functions are built once."""
    first = run_of(count)
    paths = []
    for number in range(runs):
        hits = {place: Bitmap(bits & ~(1 << number)) for place, bits in first.hits.items()}
        run = replace(first, hits=hits, run=replace(first.run, started=first.run.started + number))
        path = folder / f"{number}.funkqa"
        write_result(path, run)
        paths.append(path)
    return paths


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="funkqa-bench-compare-") as name:
        folder = Path(name)
        old, new = folder / "old.funkqa", folder / "new.funkqa"
        write_result(old, run_of(100_000))
        write_result(new, run_of(100_000, 1, "cd34", first=50))
        size = f"{old.stat().st_size / 1e6:.1f} MB each"
        row("compare of 2 builds, 100,000 functions", *_took(["compare", old, new]), size)
        for runs, count in ((100, 100_000), (1_000, 10_000)):
            parts = folder / str(count)
            parts.mkdir()
            files = files_of(parts, count, runs)
            size = f"{files[0].stat().st_size / 1e6:.2f} MB each"
            row(f"merge of {runs:,}, {count:,} functions", *_took(["merge", *files, "-o", folder / "all"]), size)
            for file in files:
                file.unlink()


def _took(arguments: list[object]) -> tuple[str, str]:
    """CPU time of the whole command, and the most memory it had."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-c", _MEASURED, *map(str, arguments)]
    memory = subprocess.run(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
    ).stderr
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return f"{cpu:.2f} s CPU", f"{int(memory.split()[-1]) / 1024:.0f} MB"


_MEASURED = """
import resource, sys
from funkqa.cli.main import run
try:
    run()
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


if __name__ == "__main__":
    main()
