"""Facts of this host."""

import os
import platform
import re
from pathlib import Path

import funkqa
from funkqa.model.errors import UsageError

CACHE_BYTES = 5 << 30
"""What the cache may hold unless FUNKQA_CACHE_SIZE says otherwise."""


def machine() -> str:
    """The machine's architecture, such as ``x86_64``."""
    return platform.machine()


def kernel_release() -> str:
    """As ``uname -r`` gives it."""
    return platform.release()


def distribution(root: Path) -> tuple[str, str]:
    """ID and VERSION_ID of the root's os-release(5); empty strings if it doesn't say."""
    for candidate in ("etc/os-release", "usr/lib/os-release"):
        try:
            lines = (root / candidate).read_text(errors="replace").splitlines()
        except OSError:
            continue
        fields = dict(line.split("=", 1) for line in lines if "=" in line)
        return fields.get("ID", "").strip("\"'"), fields.get("VERSION_ID", "").strip("\"'")
    return "", ""


def bpf_directory() -> Path:
    """Where the BPF sources and the shim are: in the installed package, or beside it in a checkout."""
    package = Path(funkqa.__file__).parent
    installed = package / "bpf"
    return installed if installed.is_dir() else package.parent / "bpf"


def is_root() -> bool:
    return os.geteuid() == 0


def cache_directory() -> Path:
    """Where merged debug files are kept: FUNKQA_CACHE, else /var/cache/funkqa for root, else XDG's."""
    configured = os.environ.get("FUNKQA_CACHE")
    if configured:
        return Path(configured)
    if is_root():
        return Path("/var/cache/funkqa")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "funkqa"


def cache_bytes() -> int:
    """How many bytes the cache may hold: FUNKQA_CACHE_SIZE, such as ``500M`` or ``2G``. Raises UsageError."""
    configured = os.environ.get("FUNKQA_CACHE_SIZE")
    if not configured:
        return CACHE_BYTES
    size = re.fullmatch(r"(\d{1,15})([KMGT]?)(i?B)?", configured.strip(), re.IGNORECASE)
    if size is None:
        raise UsageError(
            f"{configured!r} is no size", where="FUNKQA_CACHE_SIZE", hint="bytes, or with a unit: 500M, 2G"
        )
    return int(size[1]) << 10 * " KMGT".index(size[2].upper() or " ")
