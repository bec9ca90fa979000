"""zypper, the package manager of openSUSE and SLE."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from funkqa.model.errors import CommandFailed, PackageError
from funkqa.model.place import Place
from funkqa.model.units import BuildId
from funkqa.packages import locking, reasons, rpmdb
from funkqa.packages.backend import debuginfo_capability, unreadable_remedy
from funkqa.system import process

NO_REPOSITORIES, LOCKED, NOT_FOUND = 6, 7, 104
OK = (0, 102, 103)
"""Done; or done, and a reboot or a restart of services is suggested (zypper(8), EXIT CODES)."""

WARNINGS = {
    106: "zypper went on without a repository that it could not refresh",
    107: "a %post script of an installed package failed",
}
NO_REPOSITORY = "no repository is configured: add one, or name one with --repo"
DEBUG = ("--plus-content", "debug")
"""Use debug repositories for this call, although they are disabled."""


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
        return self.install_optional([debuginfo_capability(build_id) for build_id in build_ids])

    def install_optional(self, capabilities: Sequence[str]) -> tuple[str, ...]:
        return self._optional(capabilities, DEBUG, ())

    def download_debuginfo(self, build_ids: Sequence[BuildId], into: Path) -> list[Path]:
        capabilities = [debuginfo_capability(build_id) for build_id in build_ids]
        self._optional(capabilities, (*DEBUG, "--pkg-cache-dir", str(into)), ("--download-only",))
        return sorted(self.place.path(str(into)).rglob("*.rpm"))

    def offered(self, names: Sequence[str]) -> tuple[str, ...]:
        search = ("search", "--match-exact", "--details", "--type", "package", "--", *names)
        return reasons.offered_by_zypper(self._run(search, DEBUG, (*OK, NOT_FOUND)).stdout)

    def _optional(self, capabilities: Sequence[str], extra: Sequence[str], how: Sequence[str]) -> tuple[str, ...]:
        try:
            return self._install(capabilities, extra, how)
        except PackageError as error:
            if not _is_not_found(error):
                raise
        if len(capabilities) == 1:
            return ()
        # One that is unknown spoils the whole transaction; ask for each half alone.
        half = len(capabilities) // 2
        both = (capabilities[:half], capabilities[half:])
        return tuple(warning for part in both for warning in self._optional(part, extra, how))

    def _install(
        self, capabilities: Sequence[str], extra: Sequence[str], how: Sequence[str] = ()
    ) -> tuple[str, ...]:
        # zypper waits for another zypper, but not for rpm.
        locking.await_unlocked(self.place, (rpmdb.lock(self.place.root),))
        try:
            install = ("install", "--no-recommends", *how, "--", *capabilities)
            completed = self._run(install, extra, (*OK, *WARNINGS))
        except CommandFailed as error:
            self._refuse_unreadable(error.output)
            raise PackageError(
                f"zypper can't install {', '.join(capabilities)} (exit code {error.returncode}): "
                f"{reasons.of_zypper(error.output) or error.message}",
                hint=_remedy(error, capabilities),
            ) from error
        self._refuse_unreadable(completed.stdout)
        return _warnings(completed.returncode, completed.stdout)

    def _run(self, verb: Sequence[str], extra: Sequence[str], accept: Sequence[int]) -> process.Completed:
        unsigned = ("--no-gpg-checks",) if self.repositories else ()
        repositories = [part for uri in self.repositories for part in ("--plus-repo", uri)]
        return process.run(
            ["zypper", "--non-interactive", "--xmlout", *unsigned, *repositories, *extra, *verb],
            enter=self.place.enter_with_network,
            environment={
                "HOME": str(self.home),
                "TMPDIR": str(self.home),
                "ZYPP_LOCK_TIMEOUT": f"{locking.timeout_s():g}",
            },
            accept=accept,
            timeout_s=3600,
        )

    def _refuse_unreadable(self, output: str) -> None:
        """Without a repository that was asked for, zypper may take another build from elsewhere."""
        named = {_comparable(uri): uri for uri in self.repositories}
        for name, why in reasons.unreadable_repositories(output).items():
            if uri := named.get(_comparable(name)):
                raise PackageError(f"the repository {uri} can't be read: {why}", hint=unreadable_remedy(uri))


def _warnings(returncode: int, output: str) -> tuple[str, ...]:
    """What went wrong although the packages are installed."""
    found = [
        f"zypper went on without the repository {name}: {why}"
        for name, why in reasons.unreadable_repositories(output).items()
    ]
    if failed := reasons.failed_scriptlets(output):
        found.append(f"installed, but {failed}")
    if kept := reasons.kept_versions(output):
        found.append(f"measured as it was installed: {kept[0].lower()}{kept[1:]}")
    if not found and returncode in WARNINGS:
        found.append(WARNINGS[returncode])
    return tuple(found)


def _remedy(error: CommandFailed, capabilities: Sequence[str]) -> str:
    if error.returncode == NO_REPOSITORIES or "No repositories defined" in error.output:
        return NO_REPOSITORY
    if error.returncode == LOCKED:
        return locking.REMEDY
    if error.returncode == NOT_FOUND:
        search = shlex.join(["zypper", "search", "--provides", *capabilities])
        return f"check the name: {search}; or name a repository that has it with --repo"
    return ""


def _is_not_found(error: PackageError) -> bool:
    cause = error.__cause__
    return isinstance(cause, CommandFailed) and cause.returncode == NOT_FOUND


def _comparable(uri: str) -> str:
    """zypper calls ``file:///a`` ``file:/a``."""
    return uri.replace(":///", ":/").rstrip("/")
