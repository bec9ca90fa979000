"""``funkqa trace`` as users start it, and two other ways to know which functions a program entered.

callgrind (``truth.py``) interprets the program, on a processor of its own. The stepper (``programs/stepper.c``)
lets the real one run an instruction at a time, slowly; it knows processes that die by SIGKILL and code that asks
which processor it runs on. A function was entered if the instruction at its entry ran or faulted.
"""

import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from funkqa.analysis.coverage import cover
from funkqa.model.coverage import State
from funkqa.model.plan import Function, Image
from funkqa.model.units import FileOffset
from funkqa.store.reader import read_result
from tests.compiling import readelf_functions, tool

PROGRAMS = Path(__file__).parent / "programs"
TIMEOUT_S = 60
COUNTED = (State.COVERED, State.MISSING)

Place = tuple[str, int]
"""Path of the ELF file, and the address that it states for the function."""


@dataclass(frozen=True, slots=True)
class Traced:
    """What a traced command did, and what funkqa says of it. ``functions`` are those of the ratio."""

    returncode: int
    stdout: bytes
    stderr: bytes
    images: tuple[Image, ...]
    functions: Mapping[Place, Function]
    covered: frozenset[Place]
    skipped: tuple[str, ...]
    faults: tuple[str, ...]

    def names(self) -> frozenset[str]:
        """All names of the covered functions."""
        return frozenset(name for place in self.covered for name in self.functions[place].names)

    def differences(self, ran: frozenset[Place]) -> dict[str, list[str]]:
        """What funkqa missed of the places that ran, and what it says ran and didn't.

        ``ran`` may hold other bodies of a function (``f.part.0``), which stand for the function.
        """
        bodies = other_bodies(self.functions)
        known = frozenset(bodies.get(place, place) for place in ran) & self.functions.keys()
        return {"missed": self._named(known - self.covered), "never ran": self._named(self.covered - known)}

    def _named(self, places: frozenset[Place]) -> list[str]:
        return sorted(f"{path} {vaddr:#x} {self.functions[path, vaddr].name}" for path, vaddr in places)


COPIED = re.compile(r"(.+?)\.(?:part|constprop|isra)\.\d+")
THUNK = re.compile(r"_ZT(?:hn?\d+|vn?\d+_n?\d+)_")


def other_bodies(functions: Mapping[Place, Function]) -> dict[Place, Place]:
    """Each symbol that is a copy or a thunk of the one listed function of its name, and that function."""
    found = {}
    for path in {path for path, _ in functions}:
        named: dict[str, list[Place]] = defaultdict(list)
        for place, function in functions.items():
            if place[0] == path:
                for name in function.names:
                    named[name].append(place)
        for row in readelf_functions(Path(path), ".symtab"):
            whole = THUNK.sub("_Z", COPIED.sub(r"\1", row.name))
            if whole != row.name and (path, row.vaddr) not in functions and len(named[whole]) == 1:
                found[path, row.vaddr] = named[whole][0]
    return found


EXACT: dict[str, list[str]] = {"missed": [], "never ran": []}


@dataclass(frozen=True, slots=True)
class Tracer:
    """Traces commands, with a private cache, in a directory of its own."""

    directory: Path
    cache: Path

    @property
    def result(self) -> Path:
        return self.directory / "result.funkqa"

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "FUNKQA_CACHE": str(self.cache)}

    def command(self, elves: Sequence[Path], command: Sequence[str | Path], *options: str) -> list[str]:
        files = [argument for elf in elves for argument in ("--elf", str(elf))]
        output = ("-o", str(self.result))
        return [sys.executable, "-m", "funkqa", "trace", *output, *options, *files, "--", *map(str, command)]

    def __call__(
        self,
        elves: Sequence[Path],
        *command: str | Path,
        enter: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> Traced:
        """Trace the command; ``enter`` is a prefix that funkqa itself is started with."""
        done = subprocess.run(
            [*enter, *self.command(elves, command, *options)],
            env={**self.environment, **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert done.returncode != 125, done.stderr.decode()
        return self.read(done)

    def read(self, done: "subprocess.CompletedProcess[bytes]") -> Traced:
        measurement = read_result(self.result)
        assert measurement.complete, done.stderr
        functions, covered, skipped = {}, set(), []
        for image in cover(measurement).images:
            for each in image.functions:
                place = (image.image.path, int(each.function.vaddr))
                if each.state in COUNTED:
                    functions[place] = each.function
                if each.state is State.COVERED:
                    covered.add(place)
                if each.state is State.SKIPPED:
                    skipped.append(each.function.name)
        return Traced(
            done.returncode,
            done.stdout,
            done.stderr,
            measurement.images,
            functions,
            frozenset(covered),
            tuple(skipped),
            measurement.faults,
        )


def callgrind(
    directory: Path, *command: str | Path, environment: Mapping[str, str] | None = None
) -> frozenset[Place]:
    """The instructions that ran, by callgrind, of the command and all that it starts."""
    directory.mkdir()
    subprocess.run(
        [
            *("valgrind", "--quiet", "--tool=callgrind", "--dump-instr=yes", "--compress-strings=no"),
            *("--compress-pos=no", "--trace-children=yes", "--vgdb=no", f"--callgrind-out-file={directory}/%p"),
            *map(str, command),
        ],
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=TIMEOUT_S,
        check=False,
    )
    files = list(directory.iterdir())
    assert files, "valgrind wrote no trace"
    return frozenset(place for file in files for place in _instructions(file))


def _instructions(file: Path) -> set[Place]:
    """Format: https://valgrind.org/docs/manual/cl-format.html, "ob=" lines and lines with an address."""
    elf = ""
    seen: dict[str, set[str]] = defaultdict(set)
    for line in file.read_text(errors="replace").splitlines():
        if line.startswith("0x"):
            seen[elf].add(line.split(" ", 1)[0])
        elif line.startswith("ob="):
            elf = os.path.normpath(line[3:])
    return {(name, int(address, 16)) for name, found in seen.items() for address in found}


def stepped(directory: Path, traced: Traced, *command: str | Path) -> frozenset[Place]:
    """The entries of functions, and of their other bodies, that ran, by single-stepping all that is started."""
    stepper, output = directory / "stepper", directory / "stepped"
    if not stepper.exists():
        tool("gcc", "-O2", "-o", str(stepper), str(PROGRAMS / "stepper.c"))
    elves = [image.path for image in traced.images]
    done = subprocess.run(
        [stepper, output, *elves, "--", *command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == (traced.returncode if traced.returncode >= 0 else 128 - traced.returncode), (
        done.stderr
    )
    assert done.stdout == traced.stdout
    ran = {tuple(line.rsplit(" ", 1)) for line in output.read_text().splitlines()}
    offsets = {place: function.offset for place, function in traced.functions.items()}
    offsets |= {
        body: FileOffset(offsets[whole] + body[1] - whole[1])
        for body, whole in other_bodies(traced.functions).items()
    }
    return frozenset(place for place, offset in offsets.items() if (place[0], str(offset)) in ran)


def build(target: Path, *sources: str, options: str = "-O2") -> Path:
    """Compile sources of ``programs`` with the system's compiler."""
    compiler = "g++" if any(source.endswith(".cc") for source in sources) else "gcc"
    files = [str(PROGRAMS / source) for source in sources]
    tool(compiler, "-w", *options.split(), "-o", str(target), *files)
    return target
