"""What an update changed in the machine code of packages, and what of it a run executed."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import NamedTuple

from funkqa.model.coverage import Ratio
from funkqa.model.plan import DebugFileStatus, Unmeasured


class CodeChange(Enum):
    """What became of the machine code of a function."""

    CHANGED = "changed"
    """It does something else: instructions, constants, or the functions that it calls."""
    ADDED = "added"
    """It is new."""
    REMOVED = "removed"
    """It is gone."""
    MOVED = "moved"
    """The same code under another name, in another source file, or in another image."""


WANTED = (CodeChange.CHANGED, CodeChange.ADDED)
"""What tests of an update should execute: the changes whose functions the ratio counts."""


class Reach(Enum):
    """Whether the run executed a function of the new build."""

    COVERED = "covered"
    MISSING = "missing"
    SKIPPED = "skipped"
    """It has no probe, so that nobody knows."""
    EXCLUDED = "excluded"
    """The recipe's filters leave it out: it doesn't count."""
    UNMEASURED = "unmeasured"
    """The run measured no image of this build that has it."""


@dataclass(frozen=True, slots=True)
class ChangedFunction:
    """A function whose code isn't as it was.

    ``image`` is its soname or path; ``name`` is demangled, as it is now (as it was, if it is gone). Sizes are in
    bytes, 0 where it isn't there. ``moved_from`` is its former name, source file or image. ``reach`` is None
    without a run and for what is gone; ``steps`` are the execute steps that entered it.
    """

    change: CodeChange
    package: str
    image: str
    name: str
    linkage_name: str
    file: str
    line: int
    size_before: int
    size_after: int
    moved_from: str = ""
    reach: Reach | None = None
    steps: tuple[str, ...] = ()


class Compared(Enum):
    """How the code of an image was compared."""

    DECODED = "decoded"
    """Instruction by instruction, without addresses."""
    BYTES = "bytes"
    """Its bytes, for this architecture isn't decoded: what only moved counts as changed."""


@dataclass(frozen=True, slots=True)
class ChangedImage:
    """An image before and after; numbers of functions are None where it isn't there.

    ``counts`` has the functions of each change, ``ratio`` what the run covers of those that are wanted.
    """

    package: str
    image: str
    arch: str
    compared: Compared
    functions_before: int | None
    functions_after: int | None
    debug: DebugFileStatus
    counts: Mapping[CodeChange, int]
    ratio: Ratio | None
    moved_from: str = ""


class Build(NamedTuple):
    """One side: what the command line calls it, and the NEVRAs of its packages."""

    name: str
    packages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that the reports show.

    ``uncompared`` are ELF files of which the functions aren't known, and why. ``results`` are the runs that were
    asked, ``ratio`` what they cover of the changed and new functions, ``minimum`` the part of them that must be
    covered (in 0..1); None if nobody asked. ``findings`` are the reasons why it is missed.
    """

    old: Build
    new: Build
    images: tuple[ChangedImage, ...]
    functions: tuple[ChangedFunction, ...]
    uncompared: tuple[Unmeasured, ...]
    notes: tuple[str, ...]
    results: tuple[str, ...] = ()
    ratio: Ratio | None = None
    minimum: Fraction | None = None
    findings: tuple[str, ...] = ()

    def count(self, change: CodeChange) -> int:
        return sum(image.counts[change] for image in self.images)

    @property
    def failed(self) -> bool:
        return bool(self.findings)
