"""zypper, the package manager of openSUSE and SLE."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from funkqa.model.errors import CommandFailed, PackageError
from funkqa.model.place import Place
from funkqa.model.units import BuildId
from funkqa.packages.backend import debuginfo_capability
from funkqa.system import process

NO_REPOSITORIES, LOCKED, NOT_FOUND = 6, 7, 104
OK = (0, 102, 103)
"""Done; or done, and a reboot or a restart of services is suggested (zypper(8), EXIT CODES)."""

WARNINGS = {
    106: "zypper skipped a repository that it could not refresh; packages came from the others",
    107: "a %post script of an installed package failed",
}
REMEDIES = {
    NO_REPOSITORIES: "no repository is configured: add one, or name one with --repo",
    LOCKED: "another program holds zypper's lock: wait for it, then run again",
    NOT_FOUND: "check the name (zypper search NAME), or name a repository that has it with --repo",
}


@dataclass(frozen=True, slots=True)
class Zypper:
    """zypper in a place; ``home`` (inside it) carries the rpm macros that the place needs."""

    place: Place
    repositories: tuple[str, ...]
    home: Path
    name: str = "zypper"

    def install(self, names: Sequence[str]) -> tuple[str, ...]:
        return self._install(names, ())

    def install_debuginfo(self, build_ids: Sequence[BuildId]) -> tuple[str, ...]:
        capabilities = [debuginfo_capability(build_id) for build_id in build_ids]
        try:
            return self._install(capabilities, ("--plus-content", "debug"))
        except PackageError as error:
            if not _is_not_found(error):
                raise
        if len(capabilities) == 1:
            return ()
        # One unknown ID spoils the whole transaction; ask for each half alone.
        half = len(build_ids) // 2
        return self.install_debuginfo(build_ids[:half]) + self.install_debuginfo(build_ids[half:])

    def _install(self, capabilities: Sequence[str], extra: Sequence[str]) -> tuple[str, ...]:
        unsigned = ("--no-gpg-checks",) if self.repositories else ()
        repositories = [part for uri in self.repositories for part in ("--plus-repo", uri)]
        command = ["zypper", "--non-interactive", "--xmlout", *unsigned, *repositories, *extra]
        command += ["install", "--no-recommends", "--", *capabilities]
        try:
            completed = process.run(
                command,
                enter=self.place.enter_with_network,
                environment={"HOME": str(self.home), "ZYPP_LOCK_TIMEOUT": "20"},
                accept=(*OK, *WARNINGS),
                timeout_s=3600,
            )
        except CommandFailed as error:
            raise PackageError(
                f"zypper can't install {', '.join(capabilities)} (exit code {error.returncode}): "
                f"{_reasons(error.output) or error.message}",
                hint=REMEDIES.get(error.returncode, ""),
            ) from error
        warning = WARNINGS.get(completed.returncode)
        return (f"{warning}: {_reasons(completed.stdout)}",) if warning else ()


def _is_not_found(error: PackageError) -> bool:
    cause = error.__cause__
    return isinstance(cause, CommandFailed) and cause.returncode == NOT_FOUND


def _reasons(output: str) -> str:
    """The error messages and the questions it could not answer, from the output of ``--xmlout``."""
    start = output.find("<?xml")
    try:
        stream = ElementTree.fromstring(output[start:]) if start >= 0 else None
    except ElementTree.ParseError:
        stream = None
    if stream is None:
        return ""
    said = [message.text for message in stream.iter("message") if message.get("type") in ("error", "warning")]
    said += [description.text for description in stream.iter("description")]
    return "; ".join(dict.fromkeys(" ".join(text.split()) for text in said if text and text.strip()))
