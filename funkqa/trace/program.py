"""The BPF program and its maps, compiled by bcc when a session starts."""

import mmap
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import funkqa
from funkqa.model.errors import HostUnfit, ToolMissing
from funkqa.model.units import ProbeId
from funkqa.system import kernel

COUNTER_BYTES = 8
HEADERS_VARIABLE = "BCC_KERNEL_SOURCE"
MAX_GROUPS = 1 << 16
"""As many as the cookie can tell apart; bpf/README.md has its layout."""


def cookie(probe: ProbeId, group: int, cost_ns: int) -> int:
    """The cookie of a probe in a group whose trap takes ``cost_ns`` nanoseconds (below 65,536)."""
    return probe | group << 32 | cost_ns << 48


class Program:
    """The loaded program, with its counters mapped into this process."""

    def __init__(self, bpf: Any, probes: int, groups: int) -> None:
        self._bpf = bpf
        self.descriptor: int = bpf.load_func(
            "funkqa_hit", bpf.KPROBE, attach_type=kernel.BPF_TRACE_UPROBE_MULTI
        ).fd
        self._hits = _mapped(bpf[b"hits"].map_fd, probes)
        self._paid = _mapped(bpf[b"paid"].map_fd, groups)
        self._foreign = _mapped(bpf[b"foreign"].map_fd, 2)

    def hits(self, first: int = 0, end: int | None = None) -> bytes:
        """Hit counters as they are now, of probes ``first`` to ``end``: 8 bytes each in native byte order."""
        return self._hits[first * COUNTER_BYTES : None if end is None else end * COUNTER_BYTES]

    def paid(self) -> bytes:
        """Nanoseconds that traps of each group have taken so far: 8 bytes each in native byte order."""
        return self._paid[:]

    def foreign(self) -> tuple[int, int]:
        """Hits of tasks outside the scope, and the nanoseconds these took."""
        return counter(self._foreign, 0), counter(self._foreign, 1)

    def add_to_scope(self, cgroup_ids: Sequence[int]) -> None:
        """Count hits of tasks in these cgroups and below."""
        scope = self._bpf[b"scope"]
        for identifier in cgroup_ids:
            scope[scope.Key(identifier)] = scope.Leaf(1)

    def close(self) -> None:
        for mapping in (self._hits, self._paid, self._foreign):
            mapping.close()
        self._bpf.cleanup()


@contextmanager
def loaded(probes: int, groups: int, everyone: bool = False) -> Iterator[Program]:
    """Compile and load the program for so many probes and groups; ``everyone``: every process is in scope.

    Raises ToolMissing without bcc, HostUnfit if the kernel doesn't take it.
    """
    sources = source_directory()
    try:
        from bcc import BPF
    except ImportError:
        raise ToolMissing(
            "bcc's python module is not installed for this python",
            hint="install python3-bcc (openSUSE, Fedora) or python3-bpfcc (Debian), and use the system's python3",
        ) from None
    macros = {
        "FUNKQA_PROBES": max(probes, 1),
        "FUNKQA_GROUPS": max(groups, 1),
        "FUNKQA_EVERYONE": int(everyone),
    }
    try:
        with _kernel_headers(sources):
            bpf = BPF(
                text=(sources / "funkqa.bpf.c").read_bytes(),
                cflags=[f"-D{name}={value}" for name, value in macros.items()],
            )
        program = Program(bpf, macros["FUNKQA_PROBES"], macros["FUNKQA_GROUPS"])
    except Exception as error:
        raise HostUnfit(
            f"the BPF program can't be loaded: {error}",
            hint="run as root on Linux 6.6 or later with BPF and uprobes",
        ) from error
    try:
        yield program
    finally:
        program.close()


@contextmanager
def _kernel_headers(sources: Path) -> Iterator[None]:
    """Have bcc look for kernel headers among ``sources``: funkqa brings the few that its program needs."""
    before = os.environ.get(HEADERS_VARIABLE)
    os.environ[HEADERS_VARIABLE] = str(sources)
    try:
        yield
    finally:
        if before is None:
            del os.environ[HEADERS_VARIABLE]
        else:
            os.environ[HEADERS_VARIABLE] = before


def source_directory() -> Path:
    """Where the BPF sources are: in the installed package, or beside it in a checkout."""
    package = Path(funkqa.__file__).parent
    installed = package / "bpf"
    return installed if installed.is_dir() else package.parent / "bpf"


def _mapped(descriptor: int, counters: int) -> mmap.mmap:
    return mmap.mmap(descriptor, counters * COUNTER_BYTES, mmap.MAP_SHARED, mmap.PROT_READ)


def counter(counters: bytes | mmap.mmap, index: int) -> int:
    """One counter of many."""
    start = index * COUNTER_BYTES
    return int.from_bytes(counters[start : start + COUNTER_BYTES], sys.byteorder)
