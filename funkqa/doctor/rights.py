"""Rights: root, and the capabilities that containers often take away from it."""

from pathlib import Path

from funkqa.doctor.finding import Finding, Status, status_of
from funkqa.system import host

CAPABILITIES = {"CAP_SYS_ADMIN": 21, "CAP_PERFMON": 38, "CAP_BPF": 39}
"""Bits in capabilities(7), ``include/uapi/linux/capability.h``."""


def root() -> Finding:
    return Finding(
        "root",
        status_of(host.is_root()),
        "this is root" if host.is_root() else "this is not root",
        lost="installing packages, attaching probes",
        remedy="run as root: sudo funkqa ...",
        required=True,
    )


def capabilities() -> Finding:
    lines = Path("/proc/self/status").read_text().splitlines()
    effective = next((int(line.split()[1], 16) for line in lines if line.startswith("CapEff:")), None)
    missing = [name for name, bit in CAPABILITIES.items() if not (effective or 0) >> bit & 1]
    status = Status.INCONCLUSIVE if effective is None else status_of(not missing)
    return Finding(
        "capabilities",
        status,
        f"without {', '.join(missing)}" if missing else ", ".join(CAPABILITIES),
        lost="BPF programs, probes and mounts, each by its capability",
        remedy="run as root; start a container with --privileged",
        required=True,
    )
