"""Files that must not change while they are measured."""

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from funkqa.model.errors import ElfError


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file held open by one descriptor, and what told its state when it was opened."""

    path: Path
    descriptor: int
    state: tuple[int, int, int, int]

    @property
    def link(self) -> str:
        """A path to exactly this file, whatever happens to its name."""
        return f"/proc/self/fd/{self.descriptor}"

    @property
    def inode(self) -> tuple[int, int]:
        return self.state[0], self.state[1]

    def changed(self) -> bool:
        """Whether the content may differ from when it was opened (ctime or size moved)."""
        return _state(self.descriptor) != self.state

    def read(self, offset: int, length: int) -> bytes:
        """Bytes of the file; fewer at its end."""
        return os.pread(self.descriptor, length, offset)

    def stream(self) -> IO[bytes]:
        """A reader of the held file with a position of its own."""
        return open(self.link, "rb")


@contextmanager
def held(path: Path) -> Iterator[HeldFile]:
    """Hold the file open, read-only. Raises ElfError if it can't be opened."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise ElfError(f"can't be opened: {error.strerror}", where=str(path)) from error
    try:
        yield HeldFile(path, descriptor, _state(descriptor))
    finally:
        os.close(descriptor)


def first_bytes(path: Path, count: int) -> bytes:
    """The first bytes of a regular file; none if it isn't one or can't be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return b""
    try:
        return os.read(descriptor, count)
    except OSError:
        return b""
    finally:
        os.close(descriptor)


def free_bytes(path: Path) -> int:
    """What is left for anybody on the file system of ``path``."""
    facts = os.statvfs(path)
    return facts.f_bavail * facts.f_frsize


def move(source: Path, target: Path) -> None:
    """Rename the file, or, from one file system to another, copy it whole before it is removed. Raises OSError."""
    try:
        os.replace(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        partial = target.with_name(f".funkqa-{secrets.token_hex(8)}.partial")
        try:
            with open(source, "rb") as reading, open(partial, "xb") as writing:
                shutil.copyfileobj(reading, writing)
                writing.flush()
                os.fsync(writing.fileno())
            os.replace(partial, target)
            sync(target.parent)
        finally:
            partial.unlink(missing_ok=True)
        source.unlink()


def sync(path: Path) -> None:
    """Wait until a file's content, or a folder's names, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def copy_up(path: Path) -> None:
    """Give an overlay's file an inode of its own, unchanged: opening for writing copies it to the upper layer.

    A probe on a file of the lower layer would be hit by the host's processes too, and a copy-up after
    attaching would silently lose its hits (Documentation/filesystems/overlayfs.rst, "Non-directories").
    """
    os.close(os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW))


def _state(descriptor: int) -> tuple[int, int, int, int]:
    facts = os.fstat(descriptor)
    return facts.st_dev, facts.st_ino, facts.st_ctime_ns, facts.st_size
