"""Files in an RPM package that isn't installed."""

import tarfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from funkqa.elf.image import MAGIC
from funkqa.model.errors import PackageError, ToolMissing
from funkqa.system import process

PIECE = 1 << 20


class PackedFile(NamedTuple):
    """A file of a package: its path there, where its content lies now, and its hard links."""

    path: str
    content: Path
    links: tuple[str, ...]


def elf_files(package: Path, into: Path) -> tuple[PackedFile, ...]:
    """Copy the ELF files of a package into a folder, under other names: those of the package may lead anywhere.

    Raises PackageError if the package can't be read, ToolMissing without rpm's tools.
    """
    with _members(package) as members:
        return tuple(_copied(members, into))


def contents(package: Path, paths: Collection[str], longest: int) -> Mapping[str, bytes]:
    """What is in these files of a package, without those that are no regular files or exceed ``longest`` bytes.

    Raises as ``elf_files`` does.
    """
    found = {}
    with _members(package) as members:
        for member in members:
            path = str(PurePosixPath("/", member.name))
            if path in paths and member.isfile() and member.size <= longest:
                stream = members.extractfile(member)
                found[path] = stream.read() if stream else b""
    return found


@contextmanager
def _members(package: Path) -> Iterator[tarfile.TarFile]:
    if not process.exists("rpm2archive"):
        raise ToolMissing("the program rpm2archive is not installed", hint="install rpm")
    command = ["sh", "-c", 'exec rpm2archive --nocompression - <"$0" 2>/dev/null', str(package)]
    archive = process.start(command, stdin=False)
    assert archive.stdout is not None
    try:
        with archive.stdout, tarfile.open(fileobj=archive.stdout, mode="r|") as members:
            yield members
    except tarfile.TarError as error:
        raise PackageError(f"the package can't be unpacked: {error}", where=str(package)) from error
    finally:
        archive.kill()
        archive.wait()


def _copied(members: tarfile.TarFile, into: Path) -> Iterator[PackedFile]:
    found: dict[str, PackedFile] = {}
    for member in members:
        path = str(PurePosixPath("/", member.name))
        if member.islnk():
            target = str(PurePosixPath("/", member.linkname))
            if target in found:
                found[target] = found[target]._replace(links=(*found[target].links, path))
            continue
        content = members.extractfile(member) if member.isfile() else None
        if content is None or (first := content.read(len(MAGIC))) != MAGIC:
            continue
        target_file = into / str(len(found))
        with target_file.open("wb") as copy:
            copy.write(first)
            while piece := content.read(PIECE):
                copy.write(piece)
        found[path] = PackedFile(path, target_file, ())
    yield from found.values()
