"""Render every format for as many functions as the first argument says, and print what it took.

The functions are like those of C++ libraries: two fifths covered, twelve steps, files of a hundred functions each.
"""

import sys
import time

from funkqa.analysis.coverage import cover
from funkqa.model.measurement import Measurement
from funkqa.report.formats import FORMATS
from tests.bench.timing import row
from tests.examples import function, image, measurement, step
from tests.memory import most_resident_kb

STEPS = 12
IMAGES = 4
PER_FILE = 100


def run_of(count: int) -> Measurement:
    """A measurement of ``count`` functions in four images."""
    images = [
        image(
            f"/usr/lib64/libbench{number}.so",
            [
                function(
                    f"_ZN5bench{index}Space6Widget{index % 97}6methodEi",
                    demangled=f"bench{index}Space::Widget{index % 97}::method(std::vector<int> const&, int)",
                    vaddr=0x1000 + 16 * index,
                    local=index % 3 == 0,
                    unit=f"src/part{index // PER_FILE}.cc",
                    file=f"src/part{index // PER_FILE}.cc",
                    line=10 * (index % PER_FILE) + 1,
                )
                for index in range(count // IMAGES)
            ],
            soname=f"libbench{number}.so",
            build_id=f"{number:02x}",
        )
        for number in range(IMAGES)
    ]
    hits = {
        (number, entered): range(entered * 3, count // IMAGES * 2 // 5, entered + 1)
        for number in range(IMAGES)
        for entered in range(STEPS)
    }
    return measurement(images, [step(f"step {number}") for number in range(STEPS)], hits)


def main(count: int) -> None:
    coverage = cover(run_of(count))
    memory = most_resident_kb() / 1024
    total = 0.0
    for name, render in FORMATS.items():
        before = time.process_time()
        size = len(render(coverage).encode())
        took = time.process_time() - before
        total += took
        row(f"{name}, {count:,} functions", f"{took:.2f} s CPU", f"{size / 1e6:.1f} MB")
    most = most_resident_kb() / 1024
    row(f"all formats, {count:,} functions", f"{total:.2f} s CPU", f"{most:.0f} MB", f"(result: {memory:.0f} MB)")


if __name__ == "__main__":
    main(int(sys.argv[1]))
