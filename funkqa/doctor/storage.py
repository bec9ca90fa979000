"""Room: memory for throw-away roots, the cache, and where steps make files."""

import os
import tempfile
from pathlib import Path

from funkqa.doctor.finding import Finding, Status, status_of

MIB = 1 << 20
MEMORY_MIB = 512
"""A throw-away root holds packages and their debuginfo: a few MiB for bzip2, hundreds for a browser."""
CACHE_MIB = 256
TEMPORARY = Path("/var/tmp")


def memory(path: Path = Path("/proc/meminfo")) -> Finding:
    """A tmpfs takes at most half of all memory (tmpfs(5)), and only what is available."""
    sizes = dict(line.split(":", 1) for line in path.read_text().splitlines())
    available, total = (int(sizes[key].split()[0]) >> 10 for key in ("MemAvailable", "MemTotal"))
    room = min(available, total // 2)
    return Finding(
        "memory",
        status_of(room >= MEMORY_MIB),
        f"{room:,} MiB for throw-away roots",
        lost="throw-away roots with much debuginfo in them",
        remedy="keep their files on a disk: --sandbox-dir DIR",
        required=False,
    )


def cache_writable(cache: Path) -> Finding:
    """Asks the directory, or the one it would be made in: nothing is made."""
    there = _nearest(cache)
    return Finding(
        "cache directory",
        status_of(os.access(there, os.W_OK | os.X_OK)),
        f"{cache}{'' if there == cache else f', to be made in {there}'}",
        lost="merged debug files, from which functions are read",
        remedy="name a directory that can be written to: FUNKQA_CACHE=DIR",
        required=True,
    )


def cache_room(cache: Path) -> Finding:
    facts = os.statvfs(_nearest(cache))
    room = facts.f_bavail * facts.f_frsize // MIB
    return Finding(
        "cache space",
        status_of(room >= CACHE_MIB),
        f"{room:,} MiB free",
        lost="merged files of large programs (14 MB for libcrypto)",
        remedy="free some space, or name another directory: FUNKQA_CACHE=DIR",
        required=False,
    )


def executable_files(directory: Path = TEMPORARY) -> Finding:
    """The work directory of steps is in /var/tmp. In a throw-away root it never has noexec."""
    try:
        noexec = bool(os.statvfs(directory).f_flag & os.ST_NOEXEC)
        status, fact = status_of(not noexec), f"{directory} is {'noexec' if noexec else 'not noexec'}"
    except OSError as error:
        status, fact = Status.UNSUPPORTED, f"{directory}: {error.strerror}"
    return Finding(
        "executable files",
        status,
        fact,
        lost="with --no-sandbox: steps that run programs they have made",
        remedy=f"mount -o remount,exec {directory}, or don't use --no-sandbox",
        required=False,
    )


def temporary_files() -> Finding:
    """Copies of the RPM database go there."""
    try:
        with tempfile.TemporaryFile():
            status, fact = Status.SUPPORTED, tempfile.gettempdir()
    except OSError as error:
        status, fact = Status.UNSUPPORTED, str(error.strerror)
    return Finding(
        "temporary files",
        status,
        fact,
        lost="reading the RPM database of a throw-away root",
        remedy="name a directory that can be written to: TMPDIR=DIR",
        required=True,
    )


def _nearest(path: Path) -> Path:
    """The path itself, or the nearest directory above that exists."""
    return next(candidate for candidate in (path, *path.absolute().parents) if os.path.exists(candidate))
