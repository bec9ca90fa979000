"""What really ran: the same commands on the same packages under valgrind, which knows nothing of funkqa.

callgrind interprets every instruction and writes the address of each that ran (``--dump-instr=yes``), relative to
its ELF file: https://valgrind.org/docs/manual/cl-format.html. A function ran if the instruction at its entry did.
Where functions begin is read by ``readelf`` from the debug files that the packages ship.
"""

import os
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from funkqa.model.place import Place
from funkqa.model.recipe import Phase, Recipe
from funkqa.packages import backend, rpmdb
from funkqa.runner import sandbox

REPOSITORY = "/run/repository"
PROGRAMS = "/run/programs"
TRACES = "/run/traces"
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
WRAPPER = """\
#!/bin/sh
trace=$(mktemp {traces}/XXXXXXXXXX)
PATH={directory}:$PATH exec valgrind --quiet --tool=callgrind --dump-instr=yes --compress-strings=no \\
  --compress-pos=no --trace-children=yes --callgrind-out-file="$trace.%p" -- {name} "$@"
"""
"""The program has the name that it was called by, which it may print; what it starts is traced as well, so that it
finds programs and no wrappers. Process IDs come back after a while, so that they name no file alone."""

Entries = Mapping[tuple[str, int], frozenset[str]]
"""(path of the ELF file, address): the names of the function that begins there."""


def executed(
    recipe: Recipe, programs: Sequence[str], elves: Sequence[str], repository: Path
) -> tuple[Entries, Entries]:
    """All functions of the files ``elves``, and those that ran as the steps of execute used ``programs``."""
    with sandbox.opened(binds={REPOSITORY: repository}) as place:
        _install(place, [*recipe.component, *recipe.also], recipe.require)
        for directory in (PROGRAMS, TRACES, "/run/work"):
            place.path(directory).mkdir()
            place.path(directory).chmod(0o1777)  # for programs that other users run
        for program in map(Path, programs):
            wrapper = place.path(f"{PROGRAMS}/{program.name}")
            wrapper.write_text(WRAPPER.format(traces=TRACES, directory=program.parent, name=program.name))
            wrapper.chmod(0o755)
        for step in recipe.steps:
            path = f"{PROGRAMS}:{PATH}" if step.phase is Phase.EXECUTE else PATH
            shell = ["env", "--chdir=/run/work", "bash", "-o", "errexit", "-o", "pipefail", "-c", step.script]
            environment = {**recipe.environment, **step.environment, "PATH": path}
            done = subprocess.run(
                [*place.enter, *shell],
                env=environment,
                input=step.stdin.encode(),
                capture_output=True,
                check=False,
            )
            assert done.returncode == step.exit, (step.name, done.stdout[-2000:], done.stderr[-2000:])
        entries = {(elf, at): names for elf in elves for at, names in _entries(place, elf).items()}
        ran = set(_addresses(place.path(TRACES)))
    return entries, {place: names for place, names in entries.items() if place in ran}


def _install(place: Place, names: Sequence[str], require: Sequence[str]) -> None:
    home = place.path("/var/tmp/home")
    home.mkdir()
    (home / ".rpmmacros").write_text(f"%_dbpath {rpmdb.database_macro(place.root)}\n")
    packager = backend.choose("zypper", place, [f"dir:{REPOSITORY}"], Path("/var/tmp/home"))
    packager.install(names)
    installed = rpmdb.read_packages(place.root, names, (), same_source=True)
    packager.install([*(f"{package.name}-debuginfo" for package in installed), *require])


def _addresses(traces: Path) -> Iterator[tuple[str, int]]:
    """(ELF file, address) of each instruction that ran."""
    files = list(traces.iterdir())
    assert files, "valgrind wrote no trace"
    for file in files:
        elf = ""
        seen: dict[str, set[str]] = defaultdict(set)
        for line in file.read_text(errors="replace").splitlines():
            if line.startswith("0x"):
                seen[elf].add(line.split(" ", 1)[0])
            elif line.startswith("ob="):
                elf = os.path.normpath(line[3:])
        yield from ((name, int(address, 16)) for name, found in seen.items() for address in found)


def _entries(place: Place, elf: str) -> Mapping[int, frozenset[str]]:
    """The functions that the debug file of an ELF file lists, by address."""
    notes = _readelf("--notes", place.path(elf))
    build_id = next(line.split()[-1] for line in notes if "Build ID:" in line)
    names = defaultdict(set)
    for line in _readelf("--syms", place.path(f"/usr/lib/debug/.build-id/{build_id[:2]}/{build_id[2:]}.debug")):
        fields = line.split()
        if len(fields) >= 8 and fields[3] in ("FUNC", "IFUNC") and fields[6] != "UND":
            names[int(fields[1], 16)].add(fields[7].split("@")[0])
    assert names
    return {address: frozenset(found) for address, found in names.items()}


def _readelf(option: str, file: Path) -> list[str]:
    return subprocess.run(
        ["readelf", "--wide", option, file], capture_output=True, text=True, check=True
    ).stdout.splitlines()
