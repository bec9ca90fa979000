"""How the run of a recipe ended, in one line."""

from collections.abc import Sequence
from typing import NamedTuple

from funkqa.cli.verdict import exit_code
from funkqa.model.coverage import Coverage, Verdict
from funkqa.model.errors import ExitCode, FunkqaError, LeftChanged
from funkqa.report.plain import one_line
from funkqa.report.text import VERDICTS


class Ending(NamedTuple):
    """``said`` is the ratio and the first finding, or the first line of the error that kept it from running."""

    recipe: str
    verdict: str
    said: str
    code: int


def judged(recipe: str, coverage: Coverage) -> Ending:
    said = str(coverage.ratio)
    if coverage.verdict is not Verdict.PASSED:
        said += f": {one_line(coverage.findings[0]).removeprefix('nothing was measured: ')}"
    return Ending(recipe, VERDICTS[coverage.verdict], said, exit_code(coverage.verdict))


def failed(recipe: str, error: FunkqaError) -> Ending:
    return Ending(recipe, "ERROR", one_line(str(error).split("\n")[0]), int(error.exit_code))


def table(endings: Sequence[Ending]) -> str:
    """One line for each."""
    recipe = max(len(one_line(ending.recipe)) for ending in endings)
    verdict = max(len(ending.verdict) for ending in endings)
    return "\n".join(f"{one_line(e.recipe):{recipe}}  {e.verdict:{verdict}}  {e.said}" for e in endings)


def together(endings: Sequence[Ending]) -> int:
    """One recipe: its own code. Several: 4 if anything was left changed, else 1 if any didn't pass."""
    codes = [ending.code for ending in endings]
    if len(codes) == 1:
        return codes[0]
    if LeftChanged.exit_code in codes:
        return int(ExitCode.LEFT_CHANGED)
    return int(ExitCode.FINDINGS if any(codes) else ExitCode.PASSED)
