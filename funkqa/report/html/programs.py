"""Programs and libraries of which nothing ran, and the log of what was started."""

import shlex
from collections.abc import Iterable
from typing import NamedTuple

from funkqa.model.coverage import Coverage, ImageCoverage
from funkqa.model.measurement import Execution
from funkqa.report import facts
from funkqa.report.html.columns import Json, Table
from funkqa.report.plain import spelled


class Idle(NamedTuple):
    """An image of which no step entered a function."""

    path: str
    package: str
    role: str
    functions: int


def never_run(coverage: Coverage) -> tuple[Idle, ...]:
    """As ``facts.never_run`` has it."""
    return tuple(map(_idle, facts.never_run(coverage)))


def never_entered(coverage: Coverage) -> tuple[Idle, ...]:
    """Libraries and plugins of which no function was entered."""
    others = (each for each in coverage.images if each.image.role not in facts.STARTED)
    return tuple(_idle(each) for each in others if each.ratio.total and not facts.entered(each))


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
                paths.place(spelled(each.path)),
                commands.place(spelled(shlex.join(each.arguments))),
                packages.place(spelled(each.package)),
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


def _idle(each: ImageCoverage) -> Idle:
    return Idle(each.image.path, each.image.package, each.image.role.value, each.ratio.total)
