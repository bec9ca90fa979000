"""The BPF program and its maps, compiled by bcc when a session starts."""

import mmap
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec

from funkqa.model.errors import CommandFailed, HostUnfit, ToolMissing
from funkqa.model.units import ProbeId
from funkqa.system import descriptors, host, kernel
from funkqa.system.process import last_lines
from funkqa.trace import loader
from funkqa.trace.ring import Ring

COUNTER_BYTES = 8
RING_BYTES = 8 << 20
"""Room for 10,000 records of programs that were started, or 680 with long arguments."""

EVENTS = ("sched_process_exec", "sched_process_fork", "sched_process_exit")
"""The kernel's tracepoints that say who is in scope, in the order of the loader."""

MAX_GROUPS = 1 << 16
"""As many as the cookie can tell apart; bpf/README.md has its layout."""


def cookie(probe: ProbeId, group: int, cost_ns: int) -> int:
    """The cookie of a probe in a group whose trap takes ``cost_ns`` nanoseconds (below 65,536)."""
    return probe | group << 32 | cost_ns << 48


class Program:
    """The loaded programs, with their counters mapped into this process.

    ``hit``, ``entry`` and ``shim`` are programs for probes, ``events`` those for tracepoints by their names.
    """

    def __init__(self, descriptors: Sequence[int], probes: int, groups: int) -> None:
        self._descriptors = descriptors
        self.hit, self.entry, self.shim, *others = descriptors
        self.events = dict(zip(EVENTS, others, strict=False))
        hits, paid, foreign, lost, self._scope, executions = others[len(EVENTS) :]
        self._hits = _mapped(hits, probes)
        self._paid = _mapped(paid, groups)
        self._foreign = _mapped(foreign, 2)
        self._lost = _mapped(lost, 2)
        self.records = Ring(executions, RING_BYTES)

    def hits(self, first: int = 0, end: int | None = None) -> bytes:
        """Hit counters as they are now, of probes ``first`` to ``end``: 8 bytes each in native byte order."""
        return self._hits[first * COUNTER_BYTES : None if end is None else end * COUNTER_BYTES]

    def paid(self) -> bytes:
        """Nanoseconds that traps of each group have taken so far: 8 bytes each in native byte order."""
        return self._paid[:]

    def foreign(self) -> tuple[int, int]:
        """Hits of tasks outside the scope, and the nanoseconds these took."""
        return counter(self._foreign, 0), counter(self._foreign, 1)

    def lost(self) -> tuple[int, int]:
        """Programs that were started without a record, and processes that should have been in scope."""
        return counter(self._lost, 0), counter(self._lost, 1)

    def add_to_scope(self, cgroup_ids: Sequence[int]) -> None:
        """Count hits of tasks in these cgroups and below."""
        for identifier in cgroup_ids:
            kernel.set_element(self._scope, identifier.to_bytes(8, sys.byteorder), b"\1")

    def close(self) -> None:
        self.records.close()
        for mapping in (self._hits, self._paid, self._foreign, self._lost):
            mapping.close()
        for descriptor in self._descriptors:
            os.close(descriptor)


@contextmanager
def loaded(probes: int, groups: int, everyone: bool = False) -> Iterator[Program]:
    """Compile and load the programs for so many probes and groups; ``everyone``: every process is in scope.

    Raises ToolMissing without bcc, HostUnfit if the kernel doesn't take it.
    """
    probes, groups = max(probes, 1), max(groups, 1)
    macros = (str(probes), str(groups), str(int(everyone)), str(RING_BYTES))
    # -P: bcc isn't to come from the folder that funkqa is run in.
    command = [sys.executable, "-P", "-m", loader.__name__, str(host.bpf_directory()), *macros]
    if find_spec("bcc") is None:
        raise ToolMissing(
            "bcc's python module is not installed for this python",
            hint="install python3-bcc (openSUSE, Fedora) or python3-bpfcc (Debian) and use the system's python3",
        )
    try:
        program = Program(descriptors.made_by(command), probes, groups)
    except CommandFailed as error:
        raise HostUnfit(
            f"the BPF programs can't be loaded:\n{last_lines(error.output)}",
            hint="run as root on Linux 6.6 or later with BPF and uprobes",
        ) from error
    try:
        yield program
    finally:
        program.close()


def _mapped(descriptor: int, counters: int) -> mmap.mmap:
    return mmap.mmap(descriptor, counters * COUNTER_BYTES, mmap.MAP_SHARED, mmap.PROT_READ)


def counter(counters: bytes | mmap.mmap, index: int) -> int:
    """One counter of many."""
    start = index * COUNTER_BYTES
    return int.from_bytes(counters[start : start + COUNTER_BYTES], sys.byteorder)
