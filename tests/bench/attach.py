"""Attach to the files given as arguments in a process of its own, and print what that took."""

import sys
import time
from pathlib import Path

from tests.bench.timing import row
from tests.bench.tracer import PLACED, tracing
from tests.memory import most_resident_kb


def main(arguments: list[str]) -> None:
    quiet = "--quiet" in arguments
    files = [Path(argument) for argument in arguments if argument != "--quiet"]
    with tracing(files, PLACED) as traced:
        probes = len(traced.session.plan.probes)
        attach_only = sum(group.round_s for group in traced.session.groups)
        end = time.perf_counter()
    stop_s = time.perf_counter() - end
    memory = most_resident_kb() / 1024
    if not quiet:
        row(
            "",
            f"{probes:,}",
            f"{traced.attach_s:.2f} s",
            f"{attach_only:.2f} s",
            f"{stop_s:.2f} s",
            f"{memory:.0f} MB",
        )


main(sys.argv[1:])
