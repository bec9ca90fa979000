"""What the kernel can do, by doing it."""

import errno
import mmap
import os
import threading
from collections.abc import Callable
from pathlib import Path

from funkqa.doctor.finding import Finding, Status, status_of
from funkqa.model.errors import HostUnfit
from funkqa.system import btf, kernel

AS_ROOT = "run as root; start a container with --privileged"
NOT_ALLOWED = (errno.EPERM, errno.EACCES)
LOCKDOWN = Path("/sys/kernel/security/lockdown")


def uprobe_multi(attach: Callable[[], None] | None = None) -> Finding:
    """Attaches a link with one probe to a file that nobody else has; ``attach`` raises OSError if it can't."""
    status, fact = _tried(attach or _attach)
    return Finding(
        "uprobe_multi",
        status,
        fact or "a link was attached",
        lost="every measurement: probes are attached by uprobe_multi links",
        remedy=AS_ROOT
        if status is Status.INCONCLUSIVE
        else "boot a kernel with uprobe_multi (Linux 6.6 or later, CONFIG_UPROBES, CONFIG_BPF_EVENTS)",
        required=True,
    )


def mmapable_array() -> Finding:
    """Makes an array and maps it."""
    status, fact = _tried(_map_array)
    return Finding(
        "mmapable arrays",
        status,
        fact or "an array was mapped",
        lost="hit counters, which are read from mapped memory",
        remedy=AS_ROOT
        if status is Status.INCONCLUSIVE
        else "boot a kernel with BPF_F_MMAPABLE (Linux 5.5 or later, CONFIG_BPF_SYSCALL)",
        required=True,
    )


def lockdown(path: Path = LOCKDOWN) -> Finding:
    """Source of the format: security/lockdown/lockdown.c, ``none [integrity] confidentiality``."""
    try:
        chosen = path.read_text().partition("[")[2].partition("]")[0]
    except OSError:
        status, fact = Status.INCONCLUSIVE, "not known: securityfs or the lockdown module is not there"
    else:
        # In confidentiality BPF may not read kernel memory; whether probes work, uprobe_multi has tried.
        status, fact = status_of(chosen != "confidentiality"), f"the mode is {chosen}"
    return Finding(
        "kernel lockdown",
        status,
        fact,
        lost="in the mode confidentiality the kernel may refuse BPF programs",
        remedy="if uprobe_multi fails too, boot without lockdown=confidentiality",
        required=False,
    )


def btf_offsets(path: Path = btf.KERNEL) -> Finding:
    """Looks up a member of a structure."""
    try:
        btf.offsets([("task_struct", "real_parent")], path)
    except HostUnfit as error:
        status, fact = Status.UNSUPPORTED, error.message
    else:
        status, fact = Status.SUPPORTED, "the kernel describes its structures"
    return Finding(
        "BTF",
        status,
        fact,
        lost="who started which program, and with that the scope of a run",
        remedy="boot a kernel with CONFIG_DEBUG_INFO_BTF, as distributions ship it",
        required=True,
    )


def _attach() -> None:
    program = kernel.load_empty_program()
    try:
        descriptor = os.memfd_create("funkqa-doctor", os.MFD_CLOEXEC)
        try:
            # Nobody maps the file for execution, so the kernel has no instruction to look at yet.
            os.write(descriptor, bytes(mmap.PAGESIZE))
            link = kernel.link_uprobes(program, f"/proc/self/fd/{descriptor}", [0], [0])
        finally:
            os.close(descriptor)
        # To close it takes a grace period, which nobody needs to wait for.
        threading.Thread(target=kernel.close, args=(link,)).start()
    finally:
        os.close(program)


def _map_array() -> None:
    descriptor = kernel.create_mmapable_array(1)
    try:
        mmap.mmap(descriptor, 8, mmap.MAP_SHARED, mmap.PROT_READ).close()
    finally:
        os.close(descriptor)


def _tried(attempt: Callable[[], None]) -> tuple[Status, str]:
    try:
        attempt()
    except OSError as error:
        status = Status.INCONCLUSIVE if error.errno in NOT_ALLOWED else Status.UNSUPPORTED
        return status, f"the kernel refuses: {error.strerror}"
    except HostUnfit as error:
        return Status.UNSUPPORTED, error.message
    return Status.SUPPORTED, ""
