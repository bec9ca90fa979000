"""One tree of errors. Findings (a step that exits 3) are data; faults are these exceptions.

The message says what happened, ``where`` names the place (file:line, package, build ID) and ``hint``
says what to do next, with the exact command where there is one.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of every verb except ``trace``."""

    PASSED = 0
    FINDINGS = 1
    USAGE = 2
    UNMEASURABLE = 3
    LEFT_CHANGED = 4
    SIGINT = 130
    SIGTERM = 143


class FunkqaError(Exception):
    """A fault that a user sees as one message, never as a traceback."""

    exit_code = ExitCode.UNMEASURABLE

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        hint = f"\n  {self.hint}" if self.hint else ""
        return f"{place}{self.message}{hint}"


class UsageError(FunkqaError):
    """The command line asks for something that can't be."""

    exit_code = ExitCode.USAGE


class RecipeError(FunkqaError):
    """A recipe that can't be run as it is written."""

    exit_code = ExitCode.USAGE


class RecipeErrors(RecipeError):
    """All errors of one recipe, at least one."""

    def __init__(self, errors: tuple[RecipeError, ...]) -> None:
        super().__init__("\n".join(str(error) for error in errors))
        self.errors = errors


class ResultFileError(FunkqaError):
    """A result file that is damaged, foreign, or written by a newer funkqa."""

    exit_code = ExitCode.USAGE


class ForeignFileError(ResultFileError):
    """A file that is no result file at all."""


class ToolMissing(FunkqaError):
    """A program or library that funkqa needs is not installed."""


class CommandFailed(FunkqaError):
    """A program that funkqa started ended badly; carries its exit code and last lines of output."""

    def __init__(self, message: str, *, returncode: int, output: str, where: str = "", hint: str = "") -> None:
        super().__init__(message, where=where, hint=hint)
        self.returncode = returncode
        self.output = output


class HostUnfit(FunkqaError):
    """The kernel, the rights or the file systems of this host don't allow the measurement."""


class PackageError(FunkqaError):
    """A package can't be found, installed or read."""


class DebuginfoMismatch(FunkqaError):
    """A debug file that belongs to another build of the image."""


class ElfError(FunkqaError):
    """A file that isn't an ELF image funkqa can read."""


class NothingToMeasure(FunkqaError):
    """The packages own no ELF file with a function that can be probed."""


class LeftChanged(FunkqaError):
    """Undo failed: the system is not as it was before."""

    exit_code = ExitCode.LEFT_CHANGED


class Interrupted(BaseException):
    """A signal asked funkqa to end. Its code is 128 + the number.

    Everything is undone on the way out, unless a verb says that the ``outcome`` is another one.
    """

    def __init__(self, signal_number: int) -> None:
        super().__init__(f"interrupted by signal {signal_number}")
        self.signal_number = signal_number
        self.outcome = "everything is undone"
