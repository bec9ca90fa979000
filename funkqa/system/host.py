"""Facts of this host."""

import os
import platform
from pathlib import Path


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
