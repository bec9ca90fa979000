"""``funkqa plan``: what would be probed, what is skipped, and why."""

import bisect
import shlex
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import click

from funkqa.elf.explain import explain
from funkqa.elf.line import WINDOW
from funkqa.model.errors import UsageError
from funkqa.model.plan import Function, ProbePlan, SkipReason, Standing
from funkqa.model.units import Vaddr
from funkqa.pipeline import named, nothing
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
    if function is not None and form != "text":
        raise UsageError("--explain is text: it has no other --format", hint="leave --format or --explain out")
    with ExitStack() as undo:
        plan, elves, warnings, problems = named.planned(subjects, undo)
        for said in (*warnings, *problems):
            click.echo(f"warning: {said}", err=True)
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
            for other in plan.probes:
                if (other.image, other.function) == (number, index) and other is not placed:
                    vaddr = function.vaddr + other.offset - function.offset
                    yield f"probe at {vaddr:#x} as well: in another body of it (a clone, a part)"
    if not found:
        raise UsageError(
            f"no function is called {name!r}",
            hint=f"list them: funkqa functions {shlex.join(nothing.subjects(plan))}",
        )


def _code(elf: OwnedElf, functions: Sequence[Function], index: int) -> bytes:
    function = functions[index]
    following = bisect.bisect_right([each.vaddr for each in functions], function.vaddr)
    end = functions[following].vaddr if following < len(functions) else function.vaddr + WINDOW
    return elf.held.read(function.offset, min(end - function.vaddr, function.size or WINDOW, WINDOW))
