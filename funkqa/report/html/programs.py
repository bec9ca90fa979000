"""Programs and libraries of which nothing ran, and the log of what was started."""

import shlex
from collections.abc import Iterable
from typing import NamedTuple

from funkqa.model.coverage import Coverage, ImageCoverage, State
from funkqa.model.measurement import Execution
from funkqa.model.plan import ImageRole
from funkqa.report import facts
from funkqa.report.html.columns import Json, Table
from funkqa.report.html.literal import literal

_STARTED = (ImageRole.PROGRAM, ImageRole.HELPER)


class Idle(NamedTuple):
    """An image of which no step entered a function."""

    path: str
    package: str
    role: str
    functions: int


def never_run(coverage: Coverage) -> tuple[Idle, ...]:
    """Programs that weren't started; without a record of executions those of which no function was entered."""
    quiet = [each for each in coverage.images if each.image.role in _STARTED and not _entered(each)]
    if coverage.measurement.executions:
        unstarted = {image.path for image in facts.never_run(coverage)}
        quiet = [each for each in quiet if each.image.path in unstarted]
    return _idle(quiet)


def never_entered(coverage: Coverage) -> tuple[Idle, ...]:
    """Libraries and plugins of which no function was entered."""
    others = (each for each in coverage.images if each.image.role not in _STARTED)
    return _idle(each for each in others if not _entered(each))


def log(executions: Iterable[Execution], begin: float) -> Json:
    """The executions column by column; times in milliseconds since ``begin``, seconds since the epoch."""
    paths, commands, packages = Table[str](), Table[str](), Table[str]()
    rows: list[list[int | None]] = []
    for each in executions:
        rows.append(
            [
                each.step,
                round(1000 * (each.started - begin)),
                each.pid,
                each.parent,
                each.user,
                paths.place(literal(each.path)),
                commands.place(literal(shlex.join(each.arguments))),
                packages.place(literal(each.package)),
                int(each.measured),
            ]
        )
    names = "step after_ms pid parent user path command package measured".split()
    return {
        "paths": list(paths.places),
        "commands": list(commands.places),
        "packages": list(packages.places),
        "rows": dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else {},
    }


def _idle(images: Iterable[ImageCoverage]) -> tuple[Idle, ...]:
    return tuple(
        Idle(each.image.path, each.image.package, each.image.role.value, each.ratio.total)
        for each in images
        if each.ratio.total
    )


def _entered(each: ImageCoverage) -> bool:
    return any(function.state is State.COVERED or function.incidental for function in each.functions)
