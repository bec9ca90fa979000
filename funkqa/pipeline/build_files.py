"""The ELF files of one build: of installed packages, of packages in files, or named on the command line."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from funkqa.debuginfo.locate import DEBUG_ROOT
from funkqa.elf.image import MAGIC, ElfFacts, read_facts
from funkqa.elf.role import PROGRAMS
from funkqa.model.errors import ElfError, PackageError, UsageError
from funkqa.model.package import Nevra
from funkqa.model.place import RUNNING_SYSTEM, Place
from funkqa.model.plan import Unmeasured
from funkqa.packages import archive, rpmdb
from funkqa.packages.rpmfiles import RpmFile, read_file
from funkqa.pipeline.ownership import NO_PACKAGE
from funkqa.system import leftovers

RPM_MAGIC = b"\xed\xab\xee\xdb"
"""The lead of a package (rpm's ``docs/manual/format_lead.md``)."""

ROOT = Path("/")


@dataclass(frozen=True, slots=True)
class BuiltFile:
    """An ELF file of a build: its package, its path there, where its content lies, its hard links and facts.

    ``place`` is the root in which its debug file may be installed, ``rpm`` the package file that it comes from.
    """

    package: Nevra
    path: str
    content: Path
    links: tuple[str, ...]
    facts: ElfFacts
    place: Place
    rpm: RpmFile | None = None


@dataclass(frozen=True, slots=True)
class BuildFiles:
    """What a build consists of: NEVRAs, ELF files that can be compared, and those that can't."""

    packages: tuple[Nevra, ...]
    files: tuple[BuiltFile, ...]
    refused: tuple[Unmeasured, ...]


def find(subject: str, names: Sequence[str], undo: ExitStack) -> BuildFiles:
    """The build that the command line means.

    An argument with a slash, or the name of a package file, is a file, or a folder of packages; any other is an
    installed package, or several with commas between them. ``names`` are the packages that are wanted of a folder,
    all if there are none. What is unpacked stays until ``undo`` is left.
    """
    path = Path(subject)
    if "/" not in subject and not (subject.endswith(".rpm") and path.exists()):
        return _installed([name for name in subject.split(",") if name])
    if path.is_dir():
        return _unpacked(_packages_of(path, names), undo)
    try:
        with path.open("rb") as stream:
            first = stream.read(len(MAGIC))
    except OSError as error:
        raise UsageError(f"it can't be read: {error.strerror}", where=subject) from error
    if first == RPM_MAGIC:
        return _unpacked([read_file(path, str(path))], undo)
    if first != MAGIC:
        raise UsageError(
            "it is neither an ELF file nor an RPM package", where=subject, hint=f"look what it is: file {subject}"
        )
    path = path.resolve()
    return _read([(NO_PACKAGE, str(path), path, (), None)], (), RUNNING_SYSTEM)


Candidate = tuple[Nevra, str, Path, tuple[str, ...], RpmFile | None]
"""Package, path in it, where its content lies, hard links, and the package file."""


def _installed(names: Sequence[str]) -> BuildFiles:
    packages = rpmdb.read_packages(ROOT, names, (), False)
    found = [
        (package.nevra, file.path, Path(file.path), (), None) for package in packages for file in package.files
    ]
    return _read(found, [package.nevra for package in packages], RUNNING_SYSTEM)


def _packages_of(folder: Path, names: Sequence[str]) -> list[RpmFile]:
    """The packages in a folder that programs are in, each name once."""
    found: dict[tuple[str, str], RpmFile] = {}
    for path in sorted(folder.glob("*.rpm")):
        if path.name.endswith((".src.rpm", ".nosrc.rpm")):
            continue
        package = read_file(path, str(path))
        name = package.nevra.name
        if package.build_ids or name.endswith(("-debuginfo", "-debugsource")) or (names and name not in names):
            continue
        key = (name, package.nevra.arch)
        if key in found:
            raise UsageError(
                f"it holds two builds of {name}: {found[key].nevra} and {package.nevra}",
                where=str(folder),
                hint=f"name the one that is meant: {path}",
            )
        found[key] = package
    for name in names:
        if not any(name == each for each, _ in found):
            raise UsageError(f"it holds no package called {name}", where=str(folder), hint=f"look: ls {folder}")
    if not found:
        raise UsageError("it holds no RPM package", where=str(folder), hint="name a folder of *.rpm")
    return list(found.values())


def _unpacked(packages: Sequence[RpmFile], undo: ExitStack) -> BuildFiles:
    top = undo.enter_context(leftovers.temporary(prefix="funkqa-changed-"))
    found: list[Candidate] = []
    for number, package in enumerate(packages):
        folder = top / f"{number}"
        folder.mkdir()
        for file in archive.elf_files(Path(package.path), folder):
            found.append((package.nevra, file.path, file.content, file.links, package))
    nothing = top / "root"
    nothing.mkdir()
    return _read(found, [package.nevra for package in packages], Place(nothing))


def _read(found: Sequence[Candidate], packages: Sequence[Nevra], place: Place) -> BuildFiles:
    files: dict[object, BuiltFile] = {}
    refused: list[Unmeasured] = []
    for nevra, path, content, links, package in found:
        try:
            facts = _facts(content, path)
        except ElfError as error:
            refused.append(Unmeasured(nevra.name, path, error.message))
            continue
        if facts is None:
            continue
        first, *others = sorted((path, *links), key=lambda each: _prominence(nevra.name, each))
        built = BuiltFile(nevra, first, content, tuple(others), facts, place, package)
        known = files.setdefault((nevra, _identity(content)), built)
        if known is not built:  # a hard link that isn't told to be one
            first, *others = sorted(
                (known.path, *known.links, path), key=lambda each: _prominence(nevra.name, each)
            )
            files[nevra, _identity(content)] = BuiltFile(
                nevra, first, known.content, tuple(others), facts, place, package
            )
    return BuildFiles(tuple(packages), tuple(sorted(files.values(), key=lambda file: file.path)), tuple(refused))


def _identity(content: Path) -> object:
    facts = content.stat()
    return facts.st_dev, facts.st_ino


def _facts(content: Path, path: str) -> ElfFacts | None:
    """What the file says of itself; None for what nobody runs. Raises ElfError for code that can't be read."""
    try:
        if path.startswith(f"{DEBUG_ROOT}/") or not content.is_file():
            return None
        with content.open("rb") as stream:
            if stream.read(len(MAGIC)) != MAGIC:
                return None
            facts = read_facts(stream, path)
    except OSError as error:
        raise ElfError(f"it can't be read: {error.strerror}", where=path) from error
    if not facts.linkable:
        raise ElfError("an object file, which no program loads")
    return facts if facts.segments else None


def _prominence(package: str, path: str) -> tuple[bool, bool, str]:
    """Of hard links the one called like the package stands for all, else one in a bin folder, else by name."""
    pure = PurePosixPath(path)
    return (pure.name != package, pure.parent.name not in PROGRAMS, path)


def debuginfo_packages(beside: Sequence[Path], repositories: Sequence[Path]) -> Iterator[RpmFile]:
    """Packages with debug files in folders, of repositories at any depth; what can't be read is left out.

    Those come first that are called so.
    """
    paths = [path for folder in beside for path in sorted(folder.glob("*.rpm"))]
    paths += [path for folder in repositories for path in sorted(folder.rglob("*.rpm"))]
    for path in sorted(dict.fromkeys(paths), key=lambda path: "debuginfo" not in path.name):
        if path.name.endswith((".src.rpm", ".nosrc.rpm")):
            continue
        try:
            package = read_file(path, str(path))
        except PackageError:
            continue
        if package.build_ids:
            yield package
