"""``funkqa plan``: what would be probed, what is skipped, and why."""

import bisect
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import click

from funkqa.elf.explain import explain
from funkqa.elf.line import WINDOW
from funkqa.model.errors import UsageError
from funkqa.model.place import RUNNING_SYSTEM
from funkqa.model.plan import Function, ProbePlan, SkipReason, Standing
from funkqa.model.recipe import Measure
from funkqa.model.units import Vaddr
from funkqa.pipeline import debugfiles, ownership, planning
from funkqa.pipeline.ownership import OwnedElf
from funkqa.report import plan as report


@click.command("plan")
@click.argument("subjects", nargs=-1, required=True, metavar="PACKAGE|ELF...")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--explain", "function", metavar="FUNCTION", help="Show where this function's probe sits, and why.")
def command(subjects: tuple[str, ...], form: str, function: str | None) -> None:
    """Show what would be probed in installed packages or ELF files.

    An argument with a slash is a file, any other a package. Files need no root. Debug files are taken from
    /usr/lib/debug, by build ID, and from DEBUGINFOD_URLS.
    """
    files = tuple(Path(subject) for subject in subjects if "/" in subject)
    packages = ownership.find_packages([subject for subject in subjects if "/" not in subject], files)
    with ExitStack() as undo:
        elves, unmeasured = ownership.hold_elf_files(RUNNING_SYSTEM, packages, False, undo)
        debug_files = debugfiles.find(RUNNING_SYSTEM, elves, undo)
        plan = planning.plan_probes(elves, debug_files, unmeasured, Measure())
        if function is not None:
            click.echo("\n".join(_explanations(plan, elves, function)))
        else:
            click.echo(report.render_json(plan) if form == "json" else report.render_text(plan), nl=False)


def _explanations(plan: ProbePlan, elves: Sequence[OwnedElf], name: str) -> Iterator[str]:
    found = False
    probes = report.first_probes(plan)
    for number, (image, elf) in enumerate(zip(plan.images, elves, strict=True)):
        for index, function in enumerate(image.functions):
            if name not in (*function.names, function.demangled, function.symbol):
                continue
            found = True
            why = f", {function.reason.value}" if function.reason else ""
            yield f"{function.demangled} in {image.path}, {function.size} bytes: {function.standing.value}{why}"
            if function.standing is not Standing.PROBED and function.reason is not SkipReason.UNPROBEABLE:
                continue
            placed = probes.get((number, index))
            probe = None if placed is None else Vaddr(function.vaddr + placed.offset - function.offset)
            yield from explain(_code(elf, image.functions, index), function.vaddr, probe)
    if not found:
        raise UsageError(f"no function is called {name!r}", hint="list them: funkqa plan --format json")


def _code(elf: OwnedElf, functions: Sequence[Function], index: int) -> bytes:
    function = functions[index]
    following = bisect.bisect_right([each.vaddr for each in functions], function.vaddr)
    end = functions[following].vaddr if following < len(functions) else function.vaddr + WINDOW
    return elf.held.read(function.offset, min(end - function.vaddr, function.size or WINDOW, WINDOW))
