"""dnf5 and dnf, the package managers of Fedora; they agree on all that is used here but one option."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from funkqa.model.errors import CommandFailed, PackageError
from funkqa.model.place import Place
from funkqa.model.units import BuildId
from funkqa.packages.backend import debuginfo_capability
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
        repositories = []
        for number, uri in enumerate(self.repositories):
            identifier = f"funkqa-{number}"
            repositories += [f"--repofrompath={identifier},{uri}", f"--setopt={identifier}.gpgcheck=0"]
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
                f"{self.name} can't install {', '.join(capabilities)}: {error.message}",
                hint=f"check the name ({self.name} search NAME), or name a repository that has it with --repo",
            ) from error
        return ()
