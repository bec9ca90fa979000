"""A running system whose /usr is read-only: what is measured must be installed by its own means first."""

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from funkqa.model.errors import PackageError
from funkqa.model.place import Place
from funkqa.model.units import BuildId
from funkqa.packages import rpmdb
from funkqa.packages.backend import debuginfo_capability
from funkqa.system import mount

INSTEAD = "or measure in a throw-away root: leave out --no-sandbox"
UPDATERS = {
    "transactional-update": ("transactional-update pkg install {}", "reboot"),
    "rpm-ostree": ("rpm-ostree install {}", "systemctl reboot"),
    "bootc": ("bootc usr-overlay", "funkqa, before the next boot"),
}
"""Of openSUSE MicroOS, of Fedora's ostree systems, of bootable images: how to install, and what comes next."""


def is_read_only(place: Place) -> bool:
    """Whether even root can't write to /usr, for its mount or, with btrfs, its subvolume. Writes nothing."""
    usr = place.path("/usr")
    return usr.is_dir() and not os.access(usr, os.W_OK)


@dataclass(frozen=True, slots=True)
class ReadOnly:
    """Takes what is installed, and says how the system installs the rest."""

    place: Place
    name: str = "nothing (/usr is read-only)"

    def install(self, names: Sequence[str]) -> tuple[str, ...]:
        """Raises PackageError, with the command of such a system, for what isn't installed."""
        if absent := rpmdb.unprovided(self.place.root, names):
            raise PackageError(
                f"{', '.join(absent)}: not installed, and nothing can be, for /usr is read-only",
                hint=f"{self._way(absent)}; {INSTEAD}",
            )
        return ()

    def install_debuginfo(self, build_ids: Sequence[BuildId]) -> tuple[str, ...]:
        there = rpmdb.debuginfo_of(self.place.root)
        if not (absent := [debuginfo_capability(each) for each in build_ids if each not in there]):
            return ()
        return (f"no debuginfo can be installed, for /usr is read-only: {self._way(absent)}; {INSTEAD}",)

    def download_debuginfo(self, build_ids: Sequence[BuildId], into: Path) -> list[Path]:
        return []

    def install_optional(self, capabilities: Sequence[str]) -> tuple[str, ...]:
        return ()

    def offered(self, names: Sequence[str]) -> tuple[str, ...]:
        return ()

    def _way(self, packages: Sequence[str]) -> str:
        """The command that installs these on this kind of system."""
        for program, (command, after) in UPDATERS.items():
            if any(self.place.path(f"/usr/{folder}/{program}").exists() for folder in ("sbin", "bin")):
                return f"{command.format(shlex.join(packages))}, then {after}"
        own = any(each.point == "/usr" for each in mount.mounts())
        return f"make it writable: mount -o remount,rw {'/usr' if own else '/'}"
