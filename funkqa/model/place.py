"""Where commands run and files are: the running system, or a throw-away root."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """A root directory as this process sees it, and the command prefix that runs a program inside.

    ``enter`` runs a program in the root with the steps' network, ``enter_with_network`` with the host's:
    nsenter(1) with its options, or nothing for the running system.
    """

    root: Path
    enter: tuple[str, ...] = ()
    enter_with_network: tuple[str, ...] = ()

    def path(self, inside: str) -> Path:
        """The path, as this process sees it, of an absolute path inside the root."""
        return self.root / inside.lstrip("/")


RUNNING_SYSTEM = Place(root=Path("/"))
