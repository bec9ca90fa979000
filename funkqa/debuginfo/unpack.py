"""Debug files out of RPM packages that aren't installed."""

import tarfile
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from funkqa.debuginfo import locate
from funkqa.debuginfo.cache import Cache, Kind
from funkqa.elf.image import MAGIC
from funkqa.model.errors import ElfError, PackageError, ToolMissing
from funkqa.model.plan import DebugFileStatus
from funkqa.model.units import BuildId
from funkqa.system import process

SUPPLEMENTARY = PurePosixPath("/usr/lib/debug/.dwz")


def unpack(package: Path, nevra: str, wanted: Collection[BuildId], cache: Cache) -> None:
    """Put the debug files of the ``wanted`` build IDs, and all supplementary files, into the cache.

    Raises PackageError if the package can't be read.
    """
    if not process.exists("rpm2archive"):
        raise ToolMissing("the program rpm2archive is not installed", hint="install rpm")
    command = ["sh", "-c", 'exec rpm2archive --nocompression - <"$0" 2>/dev/null', str(package)]
    archive = process.start(command, stdin=False)
    assert archive.stdout is not None
    try:
        with archive.stdout, tarfile.open(fileobj=archive.stdout, mode="r|") as members:
            for member in members:
                content = members.extractfile(member) if member.isfile() else None
                path = PurePosixPath("/", member.name)
                if content is None or not path.is_relative_to(locate.DEBUG_ROOT):
                    continue
                first = content.read(len(MAGIC))
                if first != MAGIC:
                    continue
                with cache.scratch() as scratch:
                    with scratch.open("wb") as copy:
                        copy.write(first)
                        while chunk := content.read(1 << 20):
                            copy.write(chunk)
                    _keep(scratch, path, wanted, cache, nevra)
    except tarfile.TarError as error:
        raise PackageError(f"the package can't be unpacked: {error}", where=str(package)) from error
    finally:
        archive.kill()
        archive.wait()


def _keep(scratch: Path, path: PurePosixPath, wanted: Collection[BuildId], cache: Cache, nevra: str) -> None:
    try:
        build_id = locate.facts_of(scratch).build_id
    except ElfError:
        return
    if build_id in wanted or (build_id and path.is_relative_to(SUPPLEMENTARY)):
        cache.keep(build_id, Kind.DEBUG, scratch.replace, DebugFileStatus.DOWNLOADED, nevra)
