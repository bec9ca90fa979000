"""From a verdict to an exit code."""

from funkqa.model.coverage import Verdict
from funkqa.model.errors import ExitCode

CODES = {
    Verdict.PASSED: ExitCode.PASSED,
    Verdict.FAILED: ExitCode.FINDINGS,
    Verdict.NOTHING: ExitCode.UNMEASURABLE,
}


def exit_code(verdict: Verdict) -> int:
    return int(CODES[verdict])
