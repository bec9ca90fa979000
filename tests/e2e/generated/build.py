"""From a seed to a program: sources, and how they are compiled."""

from pathlib import Path
from random import Random

from tests.compiling import tool
from tests.e2e.generated.assembly import FAULTS, assembly
from tests.e2e.generated.c import program

OPTIONS = (
    ("-O0", "-O1", "-O2", "-O2", "-O3", "-Os", "-Og"),
    ("", "-fcf-protection=full", "-fcf-protection=none", "-fcf-protection=branch"),
    ("", "", "-fpatchable-function-entry=5", "-fpatchable-function-entry=9,4", "-fpatchable-function-entry=1"),
    ("", "-fstack-protector-all", "-fstack-clash-protection", "-fno-omit-frame-pointer", "-mno-red-zone"),
    ("", "-falign-functions=1", "-falign-functions=64 -falign-loops=32", "-ffunction-sections -Wl,--gc-sections"),
    ("", "", "-flto", "-fno-jump-tables", "-fno-reorder-blocks-and-partition", "-fno-toplevel-reorder"),
    (
        "-static",
        "-static",
        "-static-pie",
        "-no-pie",
        "-pie",
        "-pie -fno-plt",
        "-no-pie -fno-pie -pg -mfentry -mnop-mcount",
    ),
)


def build(directory: Path, seed: int) -> tuple[Path, str]:
    """The program, and the options it was compiled with."""
    chance = Random(seed)
    options = " ".join(chance.choice(group) for group in OPTIONS).split()
    faults = chance.sample(sorted(FAULTS), 8)
    assembled, names = assembly(chance, chance.randint(10, 30))
    source = program(chance, chance.randint(10, 40), names, faults)
    (directory / "made.c").write_text(source)
    (directory / "assembled.s").write_text(assembled)
    compiled = [option for option in options if "-static" not in option]
    tool("gcc", "-w", "-c", *compiled, "-o", str(directory / "made.o"), str(directory / "made.c"))
    linked = [option for option in options if option != "-pg"]
    path = directory / "program"
    tool("gcc", "-w", *linked, "-o", str(path), str(directory / "made.o"), str(directory / "assembled.s"))
    return path, " ".join(options)
