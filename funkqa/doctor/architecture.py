"""The architecture: what funkqa knows the system calls and the machine code of."""

from funkqa.doctor.finding import Finding, status_of
from funkqa.system import host

TESTED = "x86_64"
UNTESTED = ("aarch64", "s390x", "ppc64le")
"""Their ELF files are read correctly and their functions probed at the entry; nobody has run it there."""


def architecture(machine: str | None = None) -> Finding:
    """``machine`` is the host's own unless given."""
    machine = machine or host.machine()
    untested = " (untested)" if machine in UNTESTED else ""
    return Finding(
        "architecture",
        status_of(machine == TESTED or machine in UNTESTED),
        f"{machine}{untested}",
        lost="every measurement: funkqa doesn't know the system calls of this architecture",
        remedy=f"use a machine of {TESTED} ({', '.join(UNTESTED)}: untested), and no personality of another: "
        "uname -m",
        required=True,
    )
