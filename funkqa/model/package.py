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
        epoch = f"{self.epoch}:" if self.epoch else ""
        return f"{self.name}-{epoch}{self.version}-{self.release}.{self.arch}"


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
