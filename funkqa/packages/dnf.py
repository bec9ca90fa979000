"""dnf5 and dnf, the package managers of Fedora, in their own words."""

import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar

from funkqa.model.errors import CommandFailed, PackageError
from funkqa.model.place import Place
from funkqa.model.units import BuildId
from funkqa.packages import locking, reasons, rpmdb
from funkqa.packages.backend import debuginfo_capability, unreadable_remedy
from funkqa.system import process

BUSY = 200
"""dnf: another one holds a lock (``dnf.cli.main``); with ``exit_on_lock`` it doesn't wait for ever."""

T = TypeVar("T")
NO_DEBUG_REPOSITORY = ("No matching repositories for *debug*", "Unknown repo: '*debug*'")


class Dialect(NamedTuple):
    """What one of them is told in a way of its own. ``locks`` are files it waits for without end."""

    settings: tuple[str, ...]
    skip_unknown: str
    download: tuple[str, ...]
    locks: tuple[str, ...]


DIALECTS = {
    "dnf5": Dialect((), "--skip-unavailable", ("download", "--resolve"), ("/var/lib/dnf/system-repo.lock",)),
    "dnf": Dialect(("--setopt=exit_on_lock=1",), "--setopt=strict=0", ("install", "--downloadonly"), ()),
}


@dataclass(frozen=True, slots=True)
class Dnf:
    """dnf or dnf5 in a place; ``home`` (inside it) carries the rpm macros that the place needs."""

    name: str
    place: Place
    repositories: tuple[str, ...]
    home: Path

    @property
    def dialect(self) -> Dialect:
        return DIALECTS[self.name]

    def install(self, names: Sequence[str]) -> tuple[str, ...]:
        return self._install(names, ("install",))

    def install_debuginfo(self, build_ids: Sequence[BuildId]) -> tuple[str, ...]:
        return self.install_optional([debuginfo_capability(build_id) for build_id in build_ids])

    def install_optional(self, capabilities: Sequence[str]) -> tuple[str, ...]:
        return self._optional(capabilities, ("install",))

    def download_debuginfo(self, build_ids: Sequence[BuildId], into: Path) -> list[Path]:
        capabilities = [debuginfo_capability(build_id) for build_id in build_ids]
        self._optional(capabilities, (*self.dialect.download, f"--destdir={into}"))
        return sorted(self.place.path(str(into)).rglob("*.rpm"))

    def offered(self, names: Sequence[str]) -> tuple[str, ...]:
        # dnf ends every answer with a line feed of its own, dnf5 doesn't.
        query = ("repoquery", "--queryformat=%{name}-%{evr}.%{arch}\\n")
        output = self._with_debug_repositories(lambda extra: self._run((*query, *extra, "--", *names)).stdout)
        # They list the oldest first.
        return tuple(dict.fromkeys(line for line in reversed(output.splitlines()) if line))

    def _optional(self, capabilities: Sequence[str], verb: Sequence[str]) -> tuple[str, ...]:
        verb = (*verb, self.dialect.skip_unknown)
        return self._with_debug_repositories(lambda debug: self._install(capabilities, (*verb, *debug)))

    def _with_debug_repositories(self, ask: Callable[[Sequence[str]], T]) -> T:
        """Both refuse a pattern of repositories that matches none; those named for the run may have debuginfo."""
        try:
            return ask(("--enablerepo=*debug*",))
        except (CommandFailed, PackageError) as error:
            cause = error.__cause__ if isinstance(error, PackageError) else error
            if not (
                isinstance(cause, CommandFailed) and any(said in cause.output for said in NO_DEBUG_REPOSITORY)
            ):
                raise
        return ask(())

    def _install(self, capabilities: Sequence[str], verb: Sequence[str]) -> tuple[str, ...]:
        locking.await_unlocked(self.place, (rpmdb.lock(self.place.root), *self.dialect.locks))
        try:
            done = self._run((*verb, "--", *capabilities))
        except CommandFailed as error:
            failed = reasons.harmless_scriptlets(error.output)
            if failed and failed.keys() <= {str(nevra) for nevra in rpmdb.installed(self.place.root)}:
                return (f"installed, but {reasons.sentence(failed.values())}",)
            raise PackageError(
                f"{self.name} can't install {', '.join(capabilities)}: "
                f"{reasons.of_dnf(error.output, self._names()) or error.message}",
                hint=self._remedy(error, capabilities),
            ) from error
        failures = reasons.failed_scriptlets(done.stdout + done.stderr)
        return (f"installed, but {failures}",) if failures else ()

    def _run(self, verb: Sequence[str]) -> process.Completed:
        """Waits for another dnf as long as zypper does."""
        repositories = [option for name, uri in self._names().items() for option in _options(name, uri)]
        command = [self.name, "--assumeyes", "--setopt=install_weak_deps=0", *self.dialect.settings, *repositories]
        deadline = time.monotonic() + locking.timeout_s()
        while True:
            try:
                return process.run(
                    [*command, *verb],
                    enter=self.place.enter_with_network,
                    environment={"HOME": str(self.home), "TMPDIR": str(self.home)},
                    timeout_s=3600,
                )
            except CommandFailed as error:
                if error.returncode != BUSY or time.monotonic() >= deadline:
                    raise
            time.sleep(locking.POLL_S)

    def _names(self) -> Mapping[str, str]:
        """The repositories of this run, by the names that dnf calls them."""
        return {f"funkqa-{number}": uri for number, uri in enumerate(self.repositories)}

    def _remedy(self, error: CommandFailed, capabilities: Sequence[str]) -> str:
        if error.returncode == BUSY:
            return locking.REMEDY
        for name, uri in self._names().items():
            if f"for repo '{name}'" in error.output or f'for repository "{name}"' in error.output:
                return unreadable_remedy(uri)
        query = shlex.join([self.name, "repoquery", "--whatprovides", *capabilities])
        return f"check the name: {query}; or name a repository that has it with --repo"


def _options(name: str, uri: str) -> tuple[str, ...]:
    """A repository for this call. Without it dnf may take another build from elsewhere: it must be readable."""
    settings = (f"--setopt={name}.gpgcheck=0", f"--setopt={name}.skip_if_unavailable=0")
    return (f"--repofrompath={name},{uri}", *settings)
