"""Links: probes of one image, attached with one system call and verified by the kernel."""

import contextlib
import errno
import mmap
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

from funkqa.model.errors import HostUnfit
from funkqa.model.units import FileOffset, ProbeId
from funkqa.system import kernel
from funkqa.system.files import HeldFile

ENOTSUPP = 524
"""The kernel's answer to an instruction that can't carry a uprobe; not in errno.h."""

REFUSED = (ENOTSUPP, errno.EOPNOTSUPP, errno.EINVAL, errno.EIO, errno.ENOEXEC)


CLOSERS = 256
"""Links that are closed at once: each waits for a grace period, about 30 ms, which those at once share."""


class Placed(NamedTuple):
    """A probe ready to be attached."""

    probe: ProbeId
    offset: FileOffset
    cookie: int


def link(program: int, file: HeldFile, probes: Sequence[Placed]) -> int:
    """Attach the probes with one link and return its descriptor; closing that detaches them. Raises OSError."""
    return kernel.link_uprobes(
        program, file.link, [placed.offset for placed in probes], [placed.cookie for placed in probes]
    )


def link_accepted(program: int, file: HeldFile, probes: Sequence[Placed]) -> tuple[int, list[ProbeId]]:
    """A link for all probes that the kernel takes, and those that it refuses (-1: it refuses all).

    Call it while the file is ``mapped_for_execution``. A refused link is halved until the guilty stand alone.
    Raises HostUnfit for an error that isn't about one of the probes.
    """
    guilty: list[ProbeId] = []
    remaining = list(probes)
    while remaining:
        try:
            return link(program, file, remaining), guilty
        except OSError as error:
            if error.errno not in REFUSED:
                raise unattachable(file, error) from error
            reason = error
        with ThreadPoolExecutor(CLOSERS, "close") as closer:
            found = set(_guilty(program, file, remaining, closer))
        if len(found) == len(remaining) > 1 and reason.errno != ENOTSUPP:
            raise unattachable(file, reason) from reason
        guilty += [placed.probe for placed in remaining if placed.probe in found]
        remaining = [placed for placed in remaining if placed.probe not in found]
    return -1, guilty


def _guilty(program: int, file: HeldFile, probes: Sequence[Placed], closer: Executor) -> Iterator[ProbeId]:
    """The refused probes of a sequence that is refused as a whole."""
    if len(probes) == 1:
        yield probes[0].probe
        return
    half = len(probes) // 2
    for part in (probes[:half], probes[half:]):
        try:
            closer.submit(kernel.close, link(program, file, part))
        except OSError as error:
            if error.errno not in REFUSED:
                raise unattachable(file, error) from error
            yield from _guilty(program, file, part, closer)


@contextmanager
def mapped_for_execution(file: HeldFile) -> Iterator[None]:
    """Map the file as a running program would.

    The kernel looks at an instruction only while a process maps it for execution, and without one installs a
    probe later or never, without a word. With this mapping every probe is verified when it is attached.
    """
    try:
        mapping = mmap.mmap(file.descriptor, 0, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC)
    except (OSError, ValueError):
        yield  # on a noexec mount nothing of the file can run
        return
    with contextlib.closing(mapping):
        yield


def unattachable(file: HeldFile, error: OSError) -> HostUnfit:
    """The fault for an error that isn't about one of the probes."""
    return HostUnfit(
        f"the kernel doesn't attach probes: {error.strerror}",
        where=str(file.path),
        hint="run as root on Linux 6.6 or later (uprobe_multi)",
    )
