"""From a package, installed or in a file, to the draft of a recipe. Nothing of the package is executed."""

import re
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from funkqa.elf.role import PROGRAMS
from funkqa.model.errors import NothingToMeasure, UsageError
from funkqa.packages import contents
from funkqa.packages.contents import Contents, PackagedFile
from funkqa.pipeline.manpages import find_examples
from funkqa.recipe.draft import Facts, Program, draft
from funkqa.recipe.reader import parse_recipe

_UNIT = re.compile(r"/(?:usr/)?lib/systemd/system/([\w:.@\\-]+\.(?:service|socket))")
_SUITE_FOLDER = re.compile(r"(/.*?/(?:installed-tests|testsuite|test-suite|tests?|ptest))/")
_SUITE_PACKAGE = re.compile(r".+-(?:tests?|testsuite|test-suite|installed-tests|ptest)")
_LIBRARY = re.compile(r"[^/]+\.so(?:\.[^/]+)?")


def draft_recipe(component: str, rpms: Sequence[Path], path: Path) -> str:
    """The draft for a package: installed, or one of the files ``rpms`` (the first if ``component`` is empty).

    ``path`` is where the recipe is to stand. Raises PackageError if there is no such package, NothingToMeasure if
    it has no program or library, RecipeErrors if a recipe can't be called so.
    """
    found = contents.from_files(rpms) if rpms else contents.installed(component)
    names = [each.name for each in found]
    if rpms and (not found or (component and component not in names)):
        raise UsageError(
            f"no file of --rpm is the package {component or 'that is to be drafted'}",
            where=", ".join(names) or "debuginfo only",
            hint="name its file with --rpm",
        )
    package = found[names.index(component) if component else 0]
    siblings = [each for each in found if each is not package and each.source_rpm == package.source_rpm]
    text = draft(facts_of(package, siblings))
    parse_recipe(text, path)
    return text


def facts_of(package: Contents, siblings: Sequence[Contents]) -> Facts:
    """What a draft tells of a package; ``siblings`` are built from the same source."""
    if not any(map(_is_code, package.files)):
        with_code = [each.name for each in siblings if any(map(_is_code, each.files))]
        raise NothingToMeasure(
            "the package has no program and no library",
            where=str(package.nevra),
            hint=f"one of the same source has: funkqa init {with_code[0]}"
            if with_code
            else "name another package",
        )
    users = [] if _programs(package) else [each for each in siblings if each.requires & package.provides]
    users = [each for each in users if _programs(each)]
    also = [each for each in _required(package, siblings) if any(map(_is_code, each.files))]
    libraries = sorted(file.path for file in package.files if _is_code(file) and _is_library(file))
    told = (package, *also, *users)
    programs = tuple(program for each in (package, *users) for program in _programs(each))
    return Facts(
        component=package.name,
        nevra=str(package.nevra),
        summary=package.summary,
        programs=programs,
        library=libraries[0] if libraries else "",
        also=_names(also),
        require=_names(users),
        others=_names(each for each in siblings if each not in told and any(map(_is_code, each.files))),
        services=tuple(sorted(_services(package))),
        suites=_suites((package, *siblings)),
        examples=find_examples(told, [PurePosixPath(program.path).name for program in programs]),
    )


def _names(packages: Iterable[Contents]) -> tuple[str, ...]:
    return tuple(sorted(each.name for each in packages))


def _required(package: Contents, siblings: Sequence[Contents]) -> list[Contents]:
    """Those that are installed with the package, because it needs them, or one of them does."""
    found, wanted = list[Contents](), set(package.requires)
    while more := [each for each in siblings if each not in found and each.provides & wanted]:
        found += more
        wanted.update(*(each.requires for each in more))
    return found


def _is_code(file: PackagedFile) -> bool:
    """Whether it is, or where nobody asked libmagic may be, an ELF file that is loaded."""
    if not stat.S_ISREG(file.mode) or file.path.startswith("/usr/lib/debug/"):
        return False
    if file.kind:
        return file.kind.startswith("ELF ") and " relocatable" not in file.kind
    return _is_library(file) or bool(file.mode & 0o111)


def _is_library(file: PackagedFile) -> bool:
    return _LIBRARY.fullmatch(PurePosixPath(file.path).name) is not None


def _programs(package: Contents) -> tuple[Program, ...]:
    """Programs and scripts in folders of PATH, each with its links."""
    files = {file.path: file for file in package.files}
    groups: dict[object, list[str]] = {}
    for path in sorted(
        path for path in files if PurePosixPath(path).parent.name in PROGRAMS and path.isprintable()
    ):
        file, hops = files[path], 0
        while file.link and hops < 8:
            inside = PurePosixPath(file.path).parent.joinpath(file.link)
            following = files.get(_lexical(inside))
            if following is None:
                break
            file, hops = following, hops + 1
        if stat.S_ISREG(file.mode) and file.mode & 0o111:
            groups.setdefault(file.inode or file.path, []).append(path)
    ranked = sorted(
        (_program(package.name, key, paths) for key, paths in groups.items()),
        key=lambda each: (
            PurePosixPath(each.path).name != package.name,
            not _is_code(files[each.path]),
            each.path,
        ),
    )
    return tuple(ranked)


def _program(package: str, key: object, paths: Sequence[str]) -> Program:
    """Called like the package, else as the file that others link to, else the first."""
    first = min(paths, key=lambda path: (PurePosixPath(path).name != package, path != key, path))
    names = dict.fromkeys(PurePosixPath(path).name for path in paths if path != first)
    return Program(first, tuple(names))


def _lexical(path: PurePosixPath) -> str:
    parts: list[str] = []
    for part in path.parts[1:]:
        if part == "..":
            del parts[-1:]
        elif part != ".":
            parts.append(part)
    return "/" + "/".join(parts)


def _services(package: Contents) -> set[str]:
    """Units that are started as they are; templates (``a@.service``) want a name."""
    matches = (_UNIT.fullmatch(file.path) for file in package.files)
    return {match[1] for match in matches if match and "@." not in match[1]}


def _suites(packages: Sequence[Contents]) -> tuple[str, ...]:
    named = [f"the package {each.name}" for each in packages if _SUITE_PACKAGE.fullmatch(each.name)]
    folders = {
        f"{match[1]} of {each.name}"
        for each in packages
        for file in each.files
        if (match := _SUITE_FOLDER.match(file.path)) and "/share/doc/" not in file.path
    }
    return (*named, *sorted(folders))
