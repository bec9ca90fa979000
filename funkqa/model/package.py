"""Packages as the RPM database knows them."""

from dataclasses import dataclass
from typing import NamedTuple


class Nevra(NamedTuple):
    """Name, epoch, version, release and architecture of a package; epoch 0 is not printed."""

    name: str
    epoch: int
    version: str
    release: str
    arch: str

    def __str__(self) -> str:
        return f"{self.name}-{self.evr}.{self.arch}"

    @property
    def evr(self) -> str:
        """``1:1.0.8-5.1``, as dependencies name a version."""
        epoch = f"{self.epoch}:" if self.epoch else ""
        return f"{epoch}{self.version}-{self.release}"


class OwnedFile(NamedTuple):
    """A regular file that a package owns: absolute path in the package's root, ``st_mode``, link group.

    Files of one package with the same non-zero ``inode`` are hard links of one another.
    """

    path: str
    mode: int
    inode: int


@dataclass(frozen=True, slots=True)
class Package:
    """An installed package; ``source_rpm`` is the file name of the source RPM it was built from."""

    nevra: Nevra
    source_rpm: str
    files: tuple[OwnedFile, ...]

    @property
    def name(self) -> str:
        return self.nevra.name
