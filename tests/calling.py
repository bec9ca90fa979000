"""A shared object whose functions a program calls as often as it is told, and the plan of its probes."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from funkqa.elf.filters import excluded
from funkqa.elf.functions import inventory
from funkqa.elf.image import read_facts, read_function_symbols
from funkqa.elf.placement import PlacedOn, place_probes
from funkqa.model.plan import DebugFileStatus, Image, Probe, ProbePlan
from funkqa.model.recipe import Measure
from funkqa.model.units import Bitmap, FileOffset
from funkqa.system import cgroup, files
from funkqa.trace import session
from funkqa.trace.session import Mode, Session
from tests.compiling import compile_c, shared

FUNCTIONS = 10
CALLER = """
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
int main(int argc, char **argv) {
    void *library = dlopen(argv[1], RTLD_NOW);
    for (int n = 2; n + 1 < argc; n += 2) {
        int (*function)(int) = (int (*)(int))dlsym(library, argv[n]);
        if (!function) return 3;
        for (long left = atol(argv[n + 1]); left; left--) function((int)left);
    }
    return 0;
}
"""


def build(directory: Path) -> tuple[Path, Path]:
    """The shared object (f0 to f9, each with a frame, so that the kernel emulates its probe) and its caller."""
    source = "\n".join(f"int f{number}(int n) {{ return n * {number}; }}" for number in range(FUNCTIONS))
    library = shared(directory / "libcalled.so", source, "-O1", "-fno-omit-frame-pointer")
    return library, compile_c(directory / "caller", CALLER, "-O1", "-ldl")


def plan_for(held: files.HeldFile) -> ProbePlan:
    with held.stream() as stream:
        facts = read_facts(stream, "called")
        symbols = read_function_symbols(stream, "called")
    functions = tuple(excluded(inventory(facts, symbols, {}, {}).functions, Measure(include=("^f[0-9]",)), ()))
    starts = sorted({symbol.vaddr for symbol in symbols})
    probes = []
    for index, place in place_probes(functions, starts, facts.machine, facts.segments, held.read):
        assert place is not None
        offset = FileOffset(functions[index].offset + place.vaddr - functions[index].vaddr)
        probes.append(Probe(0, index, offset, place.placed_on is PlacedOn.EMULATED))
    image = Image(
        *("called", "x86_64", str(held.path), (), facts.role, facts.soname, facts.build_id),
        *(DebugFileStatus.OWN_SYMTAB, "", functions),
    )
    return ProbePlan((image,), (), tuple(probes))


class Tracing:
    """A session on the shared object, and programs in and out of its scope."""

    def __init__(self, library: Path, caller: Path, group: Path, plan: ProbePlan, session: Session) -> None:
        self.library, self.caller, self.group, self.plan, self.session = library, caller, group, plan, session

    def call(self, **calls: int) -> None:
        """Run a program in scope that calls each function so many times."""
        self._run(cgroup.join(self.group), calls)

    def call_out_of_scope(self, **calls: int) -> None:
        self._run((), calls)

    def _run(self, prefix: Sequence[str], calls: Mapping[str, int]) -> None:
        arguments = [word for name, count in calls.items() for word in (name, str(count))]
        subprocess.run([*prefix, str(self.caller), str(self.library), *arguments], check=True)

    def step(self, **calls: int) -> set[str]:
        """Run a step, and take its hits."""
        self.session.begin_step()
        self.call(**calls)
        return self.taken()

    def taken(self) -> set[str]:
        return names(self.plan, self.session.take_hits())


def names(plan: ProbePlan, hits: Mapping[int, Bitmap]) -> set[str]:
    return {
        function.name
        for image, bitmap in hits.items()
        for index, function in enumerate(plan.images[image].functions)
        if bitmap >> index & 1
    }


@contextmanager
def tracing(built: tuple[Path, Path], mode: Mode) -> Iterator[Tracing]:
    library, caller = built
    with (
        files.held(library) as held,
        cgroup.created("unit-test") as group,
        session.attached(plan := plan_for(held), [held], [cgroup.identifier(group)], mode) as opened,
    ):
        yield Tracing(library, caller, group, plan, opened)
