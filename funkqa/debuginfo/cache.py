"""Debug files that funkqa merged, unpacked or fetched, kept by build ID below one directory: ``ab/cdef.elf``.

A line behind the ELF file, where its readers don't look, has its CRC and where it came from, so that damage is
seen, and such a file made again. Files appear whole under their names. Who uses one holds a lock on it, which
keeps ``bound`` in any process from removing it.
"""

import os
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from funkqa.elf.debuglink import crc32
from funkqa.model.errors import CommandFailed, FunkqaError
from funkqa.model.plan import DebugFileStatus
from funkqa.model.units import BuildId
from funkqa.system import leftovers, locks

SEAL = b"\n#funkqa/cache/1 "
LONGEST_SEAL = 1024
ATTEMPTS = 10
"""To put a file in the place of a damaged one; afterwards it is replaced whoever uses it."""
SERVERS = "debuginfod"
"""The directory in which debuginfod's client keeps what it downloads, until that is moved."""


class Kind(Enum):
    """What a file is to its build ID; the value ends its name."""

    MERGED = ".elf"
    """The image and its debug file in one."""
    DEBUG = ".debug"
    """A debug file or supplementary file that was fetched, as its package has it."""
    SUPPLEMENTARY = ".dwz"
    """A copy of an installed supplementary file."""
    MINIMAL = ".mini"
    """What ``.gnu_debugdata`` holds."""


class Kept(NamedTuple):
    """A whole file of the cache, where it came from, and the NEVRA of the package that had it, if known."""

    path: Path
    source: DebugFileStatus
    package: str


@dataclass(frozen=True, slots=True)
class Cache:
    """``undo`` holds the locks on the files that were taken: leaving it lets go of them."""

    directory: Path
    undo: ExitStack

    def take(self, build_id: BuildId, kind: Kind) -> Kept | None:
        """The file, if it is there and whole; from now on it stays there."""
        path = self._path(build_id, kind)
        with ExitStack() as lock:
            try:
                descriptor = lock.enter_context(locks.owned(path))
                if os.fstat(descriptor).st_ino != path.stat().st_ino:
                    return None  # removed while we waited for its lock
                kept = _unsealed(path)
            except OSError:
                return None
            if kept is not None:
                with suppress(OSError):  # the last use, for bound; others may own the cache
                    os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))
                self.undo.enter_context(lock.pop_all())
            return kept

    def keep(
        self,
        build_id: BuildId,
        kind: Kind,
        write: Callable[[Path], object],
        source: DebugFileStatus,
        package: str = "",
    ) -> Kept:
        """Let ``write`` make the file, under another name until it is whole. Raises what ``write`` raises.

        Raises FunkqaError if the cache can't be written.
        """
        path = self._path(build_id, kind)
        with _unfinished(self.directory, path.parent) as unfinished:
            write(unfinished)
            with unfinished.open("rb") as stream:
                crc, size = crc32(stream), stream.tell()
            with unfinished.open("ab") as stream:
                stream.write(_seal(crc, size, source.value, package))
            with ExitStack() as lock:
                lock.enter_context(locks.owned(unfinished))
                for _ in range(ATTEMPTS):
                    try:
                        path.hardlink_to(unfinished)
                        break
                    except FileExistsError:
                        # Never in place of a whole file: its users have locked that, not ours.
                        if there := self.take(build_id, kind):
                            return there
                        locks.remove_unowned(path)
                else:
                    unfinished.replace(path)
                self.undo.enter_context(lock.pop_all())
        return Kept(path, source, package)

    def scratch(self) -> AbstractContextManager[Path]:
        """A file for the time of a ``with`` block, on the file system of the cache."""
        return _unfinished(self.directory, self.directory / "00")

    def _path(self, build_id: BuildId, kind: Kind) -> Path:
        return self.directory / build_id[:2] / f"{build_id[2:]}{kind.value}"


def bound(directory: Path, limit: int) -> None:
    """Remove the files that were not used for longest until the cache holds no more than ``limit`` bytes.

    Files in use stay, so that it may hold more for as long.
    """
    files = sorted(_files(directory))
    size = sum(size for _, size, _ in files)
    for _, bytes_, path in files:
        if size <= limit:
            break
        if locks.remove_unowned(path):
            size -= bytes_


def _files(directory: Path) -> Iterator[tuple[int, int, Path]]:
    """Last use, size and path of each finished file, and of what debuginfod's client left."""
    for path in (*directory.glob("??/*"), *directory.glob(f"{SERVERS}/*/*")):
        with suppress(OSError):
            facts = path.lstat()
            if not path.name.startswith(leftovers.CACHED):
                yield facts.st_atime_ns, facts.st_size, path


def _seal(crc: int, size: int, source: str, package: str) -> bytes:
    """The last line of a file; its CRC is that of the ``size`` bytes before it, and of what the line says."""
    says = f"{size} {source} {package}\n".encode()
    return SEAL + f"{zlib.crc32(says, crc):08x} ".encode() + says


def _unsealed(path: Path) -> Kept | None:
    """What the seal says, if there is one and its CRC is right."""
    with path.open("rb") as stream:
        end = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, end - LONGEST_SEAL))
        tail = stream.read()
        at = tail.rfind(SEAL)
        fields = tail[at + len(SEAL) :].decode(errors="replace").split(" ")
        if at < 0 or len(fields) != 4 or not fields[3].endswith("\n"):
            return None
        _, size, source, package = fields
        stream.seek(0)
        if size != str(end - len(tail) + at):
            return None
        seal = _seal(crc32(stream, int(size)), int(size), source, package.removesuffix("\n"))
    if seal != tail[at:]:
        return None
    try:
        return Kept(path, DebugFileStatus(source), package.rstrip("\n"))
    except ValueError:
        return None


@contextmanager
def _unfinished(cache: Path, directory: Path) -> Iterator[Path]:
    """A new file that other processes leave alone, gone after the ``with`` block unless it was renamed."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=leftovers.CACHED, dir=directory)
        os.close(descriptor)
        try:
            with locks.owned(Path(name)):
                yield Path(name)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(cache, error.strerror or str(error)) from error
    except CommandFailed as error:
        if "cannot write" in error.output:
            raise _unwritable(cache, "eu-unstrip can't write to it") from error
        raise


def _unwritable(cache: Path, reason: str) -> FunkqaError:
    return FunkqaError(
        f"the cache of debug files can't be written: {reason}",
        where=str(cache),
        hint=f"make room there (df -h {cache}), or name another directory: FUNKQA_CACHE=DIR",
    )
