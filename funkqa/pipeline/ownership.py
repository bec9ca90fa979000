"""The ELF files that packages own, held open from reading them to the last probe on them."""

import stat
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from funkqa.debuginfo.locate import DEBUG_ROOT
from funkqa.elf.image import MAGIC, ElfFacts, read_facts
from funkqa.elf.role import PROGRAMS
from funkqa.model.errors import ElfError, UsageError
from funkqa.model.package import Nevra, OwnedFile, Package
from funkqa.model.place import Place
from funkqa.model.plan import Unmeasured
from funkqa.packages import rpmdb
from funkqa.system import files, host, roots
from funkqa.system.files import HeldFile

KINDS = {
    stat.S_IFIFO: "a FIFO",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a directory",
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFSOCK: "a socket",
}
NO_PACKAGE = Nevra("", 0, "", "", "")


@dataclass(frozen=True, slots=True)
class OwnedElf:
    """An ELF file of a package, held open from reading it to the last probe on it."""

    package: Package
    path: str
    links: tuple[str, ...]
    held: HeldFile
    facts: ElfFacts


def find_packages(names: Sequence[str], loose: Sequence[Path]) -> tuple[Package, ...]:
    """Installed packages of the running system by name, and loose files as a package without a name.

    Raises PackageError or UsageError for what isn't there.
    """
    if "" in names:
        raise UsageError("the name of a package is empty", hint="name an installed package: rpm -qa")
    for file in loose:
        _refuse_unreadable(file)
    installed = rpmdb.read_packages(Path("/"), names, (), False) if names else ()
    files = tuple(OwnedFile(str(file.resolve()), 0, 0) for file in loose)
    return (*installed, Package(NO_PACKAGE, "", files)) if files else installed


def _refuse_unreadable(file: Path) -> None:
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            raise UsageError("it is no regular file", where=str(file), hint="name a program or a library")
        with files.held(file):
            pass
    except OSError as error:
        raise UsageError(
            f"it can't be read: {error.strerror}",
            where=str(file),
            hint="name a file that is there, or, without a slash, an installed package",
        ) from error
    except ElfError as error:
        raise UsageError(f"it {error.message}", where=str(file), hint="run funkqa as root") from error


def owners(elves: Sequence[OwnedElf]) -> tuple[Package, ...]:
    """The packages of these files, each once."""
    return tuple({elf.package.nevra: elf.package for elf in elves}.values())


def hold_elf_files(
    place: Place, packages: Sequence[Package], own_inodes: bool, undo: ExitStack
) -> tuple[tuple[OwnedElf, ...], tuple[Unmeasured, ...]]:
    """The loadable ELF files that the packages own, hard links together, and those that can't be measured.

    ``own_inodes``: the place is an overlay, and files must be copied up before they are held. One file that can't
    be read never spoils the others.
    """
    owned: dict[tuple[int, int], OwnedElf] = {}
    unmeasured = []
    folders: dict[str, str] = {}
    for package in packages:
        for file in sorted(package.files, key=lambda file: _prominence(package, file.path)):
            try:
                here = _seen_from_here(place, file.path, folders)
                with ExitStack() as reading:
                    facts = _facts(reading.enter_context(_regular(here)), file.path)
                if facts is None:
                    if not package.name:  # what somebody names is told, unlike the text files of a package
                        unmeasured.append(Unmeasured("", file.path, "it is no ELF file"))
                    continue
                _refuse_unmeasurable(facts, file.path)
                if own_inodes:
                    files.copy_up(here)
                held = undo.enter_context(files.held(here))
            except (ElfError, OSError) as error:
                # What isn't a file any more can't say what it was; a text file is nothing to tell of.
                if isinstance(error, _NotThere) and not _looks_like_code(file):
                    continue
                reason = getattr(error, "message", "") or getattr(error, "strerror", "") or str(error)
                unmeasured.append(Unmeasured(package.name, file.path, reason))
                continue
            first = owned.setdefault(held.inode, OwnedElf(package, file.path, (), held, facts))
            if file.path not in (first.path, *first.links):
                owned[held.inode] = replace(first, links=(*first.links, file.path))
    return tuple(owned.values()), tuple(unmeasured)


class _NotThere(ElfError):
    """The path leads to no regular file."""


def _seen_from_here(place: Place, path: str, folders: dict[str, str]) -> Path:
    """The path as this process sees it; ``folders`` remembers where symbolic links lead."""
    folder, _, name = path.rpartition("/")
    if folder not in folders:
        try:
            folders[folder] = roots.real_folder(place.root, folder)
        except OSError as error:
            raise _NotThere(str(error.strerror), where=path) from error
    return place.path(folders[folder]) / name


def _regular(path: Path) -> AbstractContextManager[HeldFile]:
    """The file, opened only if it is a regular one: opening a device may have effects, and a FIFO blocks."""
    try:
        mode = path.lstat().st_mode
    except OSError as error:
        raise _NotThere(f"it isn't there: {error.strerror}", where=str(path)) from error
    if not stat.S_ISREG(mode):
        kind = KINDS.get(stat.S_IFMT(mode), "no regular file")
        raise _NotThere(f"it is {kind}, not the file that the package brought", where=str(path))
    return files.held(path)


def _facts(held: HeldFile, path: str) -> ElfFacts | None:
    """What the file says of itself; None if it is no ELF file."""
    if held.read(0, len(MAGIC)) != MAGIC:
        return None
    with held.stream() as stream:
        return read_facts(stream, path)


def _refuse_unmeasurable(facts: ElfFacts, path: str) -> None:
    if path.startswith(f"{DEBUG_ROOT}/"):
        raise ElfError("a separate debug file, which no program loads")
    if not facts.linkable:
        raise ElfError("an object file, which no program loads")
    if facts.machine != host.machine():
        raise ElfError(f"a program for {facts.machine}")
    if not facts.segments:
        raise ElfError("it has no executable segment, so no code")


def _looks_like_code(file: OwnedFile) -> bool:
    """Whether a file that can't be read may have been an ELF file: the RPM database has mode and name only."""
    return bool(file.mode & 0o111) or ".so" in PurePosixPath(file.path).name


def _prominence(package: Package, path: str) -> tuple[bool, bool, str]:
    """Of hard links the one called like the package stands for all, else one in a bin folder, else by name."""
    pure = PurePosixPath(path)
    return (pure.name != package.name, pure.parent.name not in PROGRAMS, path)
