"""Times of commands, and tables of ratios."""

import re
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence

REPEATS = 5
QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def seconds(argv: Sequence[str]) -> float:
    """How long the command takes, from its start to its end."""
    start = time.perf_counter()
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, capture_output=True)
    return time.perf_counter() - start


def median_seconds(argv: Sequence[str], repeats: int = REPEATS) -> float:
    return statistics.median(seconds(argv) for _ in range(repeats))


def paired(one: Callable[[], float], other: Callable[[], float], repeats: int = REPEATS) -> tuple[float, float]:
    """Medians of two measurements taken in turn, so that a drifting machine favours neither."""
    pairs = [(one(), other()) for _ in range(repeats)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def throughput(argv: Sequence[str]) -> float:
    """Thousands of bytes a second, as the last line of ``openssl speed`` has them."""
    output = subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout
    figure = re.search(r"([0-9.]+)k\s*$", output)
    if figure is None:
        raise ValueError(f"no figure in the output of {argv}: {output!r}")
    return float(figure[1])


def row(work: str, *cells: str) -> None:
    print(f"  {work:<46}{''.join(f'{cell:>17}' for cell in cells)}", flush=True)
