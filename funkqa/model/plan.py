"""The plan: what could run. Images, their functions, the probes on them, and what can't be probed."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from funkqa.model.units import BuildId, FileOffset, Vaddr


class DebugFileStatus(Enum):
    """Where an image's symbols come from: the first of these that there is.

    A debug file is taken only if it is of the same build: by its build ID, or by the CRC of a debuglink.
    """

    MERGED = "merged"
    """An installed debug file, found by build ID, with its supplementary (dwz) file if it names one."""
    DOWNLOADED = "downloaded"
    """The same from a package that was unpacked into the cache without installing it."""
    DEBUGINFOD = "debuginfod"
    """The same from a debuginfod server."""
    DEBUGLINK = "debuglink"
    """The file that ``.gnu_debuglink`` names, with the CRC that it gives."""
    WANT_SUPPLEMENTARY = "want-supplementary"
    """One of these debug files is there, the dwz file it names is not: all functions, without declarations."""
    MINIDEBUGINFO = "minidebuginfo"
    """``.gnu_debugdata`` and ``.dynsym`` together list every function; declarations are missing."""
    OWN_SYMTAB = "own-symtab"
    """The image itself carries ``.symtab``, which lists every function."""
    UNWIND = "unwind"
    """``.dynsym`` has names; what else begins according to ``.eh_frame`` is called by its address.

    Static functions have no names, and the unlikely part of a function counts as one.
    """
    DYNSYM_ONLY = "dynsym-only"
    """Nothing but ``.dynsym``: static functions are missing from the inventory."""
    MISSING = "missing"
    """No symbols at all: nothing of the image can be measured."""

    @property
    def complete(self) -> bool:
        """Whether the inventory has every function by its name."""
        return self not in (DebugFileStatus.UNWIND, DebugFileStatus.DYNSYM_ONLY, DebugFileStatus.MISSING)


class Declaration(NamedTuple):
    """What DWARF says of a function: source file of its compilation unit, declared file and line."""

    unit: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class DebugFile:
    """Where the symbols of an image are.

    ``symbols`` is the file to read them from (the merged file, minidebuginfo, or the image itself),
    ``supplementary`` the dwz file that its DWARF refers to, ``package`` the NEVRA of the package that brought
    the debug file. ``problem`` is a fault that must be told, ``warning`` one that costs no function.
    """

    status: DebugFileStatus
    symbols: Path
    supplementary: Path | None = None
    package: str = ""
    problem: str = ""
    warning: str = ""


OWN_BUILD = "needs debuginfo of its own build"
"""The words of ``DebugFile.problem`` for an image whose debuginfo is there, but of another build."""


class ImageRole(Enum):
    """What an image is to its package."""

    PROGRAM = "program"
    """People start it: it lies in a ``bin`` or ``sbin`` folder."""
    LIBRARY = "library"
    """The loader finds it by its soname."""
    PLUGIN = "plugin"
    """A shared object without a soname that the loader looks for: programs load it by dlopen(3)."""
    HELPER = "helper"
    """A program that other programs start, in ``libexec`` or a folder of its own."""


class Standing(Enum):
    """How a function of the inventory stands in the plan."""

    PROBED = "probed"
    """It has a probe, and counts as covered or missing."""
    SKIPPED = "skipped"
    """It can't be probed, for a reason; it counts against full coverage."""
    GLUE = "glue"
    """Compiler and loader glue (``_start``, ``frame_dummy``); outside the ratio."""
    EXCLUDED = "excluded"
    """Left out by the recipe's filters; outside the ratio."""


class SkipReason(Enum):
    """Why a function has no probe."""

    UNPROBEABLE = "the kernel refuses a uprobe on its first instruction"
    OUTSIDE_SEGMENTS = "its address lies in no executable segment of the file"
    NOT_ATTACHED = "the kernel refused to attach its probe"
    CHANGED = "the file changed during the run"


@dataclass(frozen=True, slots=True)
class Function:
    """A function of an image, with all names of one address.

    ``names`` are linkage names without clone suffixes, the best first; ``symbol`` is the first of them as
    the symbol table spells it; ``unit`` is the source file of the compilation unit, ``file`` and ``line``
    the declaration (empty and 0 if unknown); ``ordinal`` tells apart local functions that agree in all
    else. ``offset`` is where its entry lies in the file.
    """

    vaddr: Vaddr
    offset: FileOffset
    size: int
    symbol: str
    names: tuple[str, ...]
    demangled: str
    local: bool
    unit: str
    file: str
    line: int
    ordinal: int
    standing: Standing
    reason: SkipReason | None = None

    @property
    def name(self) -> str:
        return self.names[0]

    @property
    def key(self) -> tuple[str, str, int]:
        """Identity within the image key, stable across builds (contracts: function key)."""
        return (self.name, self.unit if self.local else "", self.ordinal)


class Inlined(NamedTuple):
    """A function of which DWARF knows no code of its own: it was inlined wherever it is called.

    ``name`` is its linkage name if it has one, else its name in the source. Nothing can be probed there, so
    it stands outside the ratio.
    """

    name: str
    demangled: str
    unit: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Image:
    """An ELF file of a package. ``path`` is absolute in the package's root; ``links`` are its hard links.

    ``inlined`` lists the functions that exist only inlined, in the order of their declarations.
    """

    package: str
    arch: str
    path: str
    links: tuple[str, ...]
    role: ImageRole
    soname: str
    build_id: BuildId
    debug: DebugFileStatus
    debug_package: str
    functions: tuple[Function, ...]
    inlined: tuple[Inlined, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """Identity across builds: package, architecture, and soname or path (contracts: image key)."""
        return (self.package, self.arch, self.soname or self.path)


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """An ELF file of the package that has no place in the plan, and why."""

    package: str
    path: str
    reason: str


class Probe(NamedTuple):
    """A probe on ``images[image].functions[function]``; its index in the plan is its ProbeId.

    ``emulated``: the kernel emulates the instruction at ``offset``, so that a trap is cheap.
    """

    image: int
    function: int
    offset: FileOffset
    emulated: bool


@dataclass(frozen=True, slots=True)
class ProbePlan:
    """What could run: every image with its inventory, and one probe for each PROBED function.

    ``problems`` are tables that couldn't be read, which cost functions or what is known of them.
    """

    images: tuple[Image, ...]
    unmeasured: tuple[Unmeasured, ...]
    probes: tuple[Probe, ...]
    problems: tuple[str, ...] = ()

    def skipped(self) -> Iterator[tuple[Image, Function]]:
        for image in self.images:
            for function in image.functions:
                if function.standing is Standing.SKIPPED:
                    yield image, function
