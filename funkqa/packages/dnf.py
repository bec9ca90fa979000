"""dnf5 and dnf, the package managers of Fedora; they agree on all that is used here but one option."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from funkqa.model.errors import CommandFailed, PackageError
from funkqa.model.place import Place
from funkqa.model.units import BuildId
from funkqa.packages import reasons
from funkqa.packages.backend import debuginfo_capability, unreadable_remedy
from funkqa.system import process

SKIP_UNKNOWN = {"dnf5": "--skip-unavailable", "dnf": "--setopt=strict=0"}


@dataclass(frozen=True, slots=True)
class Dnf:
    """dnf or dnf5 in a place; ``home`` (inside it) carries the rpm macros that the place needs."""

    name: str
    place: Place
    repositories: tuple[str, ...]
    home: Path

    def install(self, names: Sequence[str]) -> tuple[str, ...]:
        return self._install(names, ())

    def install_debuginfo(self, build_ids: Sequence[BuildId]) -> tuple[str, ...]:
        capabilities = [debuginfo_capability(build_id) for build_id in build_ids]
        return self._install(capabilities, ("--enablerepo=*debug*", SKIP_UNKNOWN[self.name]))

    def _install(self, capabilities: Sequence[str], extra: Sequence[str]) -> tuple[str, ...]:
        names = {f"funkqa-{number}": uri for number, uri in enumerate(self.repositories)}
        repositories = [option for name, uri in names.items() for option in _options(name, uri)]
        command = [self.name, "--assumeyes", "--setopt=install_weak_deps=0", *repositories, *extra]
        try:
            process.run(
                [*command, "install", *capabilities],
                enter=self.place.enter_with_network,
                environment={"HOME": str(self.home)},
                timeout_s=3600,
            )
        except CommandFailed as error:
            raise PackageError(
                f"{self.name} can't install {', '.join(capabilities)}: "
                f"{reasons.of_dnf(error.output, names) or error.message}",
                hint=self._remedy(error.output, names, capabilities),
            ) from error
        return ()

    def _remedy(self, output: str, names: Mapping[str, str], capabilities: Sequence[str]) -> str:
        for name, uri in names.items():
            if f"for repo '{name}'" in output:
                return unreadable_remedy(uri)
        query = shlex.join([self.name, "repoquery", "--whatprovides", *capabilities])
        return f"check the name: {query}; or name a repository that has it with --repo"


def _options(name: str, uri: str) -> tuple[str, ...]:
    """A repository for this call. Without it dnf may take another build from elsewhere: it must be readable."""
    settings = (f"--setopt={name}.gpgcheck=0", f"--setopt={name}.skip_if_unavailable=0")
    return (f"--repofrompath={name},{uri}", *settings)
