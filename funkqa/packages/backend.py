"""What funkqa needs of a package manager, and the choice of one."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote, urlsplit

from funkqa.model.errors import ToolMissing, UsageError
from funkqa.model.place import Place
from funkqa.model.units import BuildId
from funkqa.system import process

if TYPE_CHECKING:
    from funkqa.packages.rpmfiles import RpmFile

NAMES = ("zypper", "dnf5", "dnf")
"""In the order in which they are tried."""


class PackageManager(Protocol):
    """Installs packages into a place. Repositories are added for the call, never to the configuration."""

    @property
    def name(self) -> str: ...

    def install(self, names: Sequence[str]) -> tuple[str, ...]:
        """Install packages by name without recommended ones; returns warnings.

        Raises PackageError if one can't be found or installed.
        """

    def install_debuginfo(self, build_ids: Sequence[BuildId]) -> tuple[str, ...]:
        """Install the packages that provide ``debuginfo(build-id) = ID``, with debug repositories enabled.

        An ID that nobody provides is not an error: the caller sees its debug file missing. Returns warnings.
        """

    def download_debuginfo(self, build_ids: Sequence[BuildId], into: Path) -> list[Path]:
        """Download what ``install_debuginfo`` would install, and install nothing.

        ``into`` is a directory inside the place; the RPM files that are there now, as this process sees them.
        """

    def install_optional(self, capabilities: Sequence[str]) -> tuple[str, ...]:
        """Install those that somebody provides, such as ``bzip2-debugsource = 1.0.8-5``, with debug repositories.

        What nobody provides is no error. Returns warnings.
        """

    def offered(self, names: Sequence[str]) -> tuple[str, ...]:
        """The NEVRAs of all packages called so in the repositories, with debug repositories enabled."""


def debuginfo_capability(build_id: BuildId) -> str:
    """The provide of every -debuginfo package (rpm's find-debuginfo and debuginfo.attr)."""
    return f"debuginfo(build-id) = {build_id}"


def unreadable_remedy(uri: str) -> str:
    """What to do about a repository, named for this run, that can't be read."""
    if uri.startswith(("/", "file:", "dir:")):
        folder = shlex.quote(unquote(urlsplit(uri).path))
        return f"check that the folder is there, and make its metadata anew: createrepo_c {folder}"
    # The first file that is read of an RPM repository.
    return f"check what --repo says: curl --location --head {uri.rstrip('/')}/repodata/repomd.xml"


def installer() -> str:
    """The package manager of the running system, for hints; zypper if there is none."""
    return next((name for name in NAMES if process.exists(name)), "zypper")


def downgrade(place: Place, packages: Sequence[str]) -> str:
    """The command that puts these versions back."""
    if _has(place, "zypper"):
        return shlex.join(["zypper", "install", "--oldpackage", *packages])
    return shlex.join(["dnf", "downgrade", *packages])


def choose(
    name: str | None,
    place: Place,
    repositories: Sequence[str],
    home: Path,
    files: Sequence["RpmFile"] = (),
) -> PackageManager:
    """The package manager called ``name``, or the first that the place has; rpm if there are ``files`` to install.

    ``home`` is the directory, inside the place, that its tools get as HOME. Raises ToolMissing if there is none.
    """
    from funkqa.packages.dnf import Dnf
    from funkqa.packages.readonly import ReadOnly, is_read_only
    from funkqa.packages.rpm import Rpm
    from funkqa.packages.zypper import Zypper

    if name is not None and name not in NAMES:
        raise UsageError(f"there is no backend {name!r}", hint=f"known backends: {', '.join(NAMES)}")
    if is_read_only(place):
        return ReadOnly(place)
    if files:
        return Rpm(place, tuple(files), home)
    for candidate in (name,) if name else NAMES:
        if not _has(place, candidate):
            continue
        if candidate == "zypper":
            return Zypper(place, tuple(repositories), home)
        return Dnf(candidate, place, tuple(repositories), home)
    there = [each for each in NAMES if _has(place, each)]
    raise ToolMissing(
        f"the package manager {name} is not installed" if name else f"none of {', '.join(NAMES)} is installed",
        hint=f"use the one that is: --backend {there[0]}"
        if there
        else "install zypper or dnf; or name the packages' files: --rpm FILE",
    )


def _has(place: Place, program: str) -> bool:
    return any(place.path(f"{directory}/{program}").exists() for directory in ("usr/bin", "bin", "usr/sbin"))
