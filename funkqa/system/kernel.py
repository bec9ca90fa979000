"""bpf(2), the one system call that bcc can't make for us: linking a program to many uprobes at once.

Source of numbers and layouts: ``include/uapi/linux/bpf.h`` of Linux 6.6, ``union bpf_attr``,
``link_create.uprobe_multi``.
"""

import ctypes
import os
import platform
from array import array
from collections.abc import Sequence

from funkqa.model.errors import HostUnfit

BPF_LINK_CREATE = 28
BPF_TRACE_UPROBE_MULTI = 48
_SYS_BPF = {"x86_64": 321, "aarch64": 280, "s390x": 351, "ppc64le": 361}

_libc = ctypes.CDLL(None, use_errno=True)


class _UprobeMultiAttr(ctypes.Structure):
    _fields_ = (
        ("prog_fd", ctypes.c_uint32),
        ("target_fd", ctypes.c_uint32),
        ("attach_type", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("path", ctypes.c_uint64),
        ("offsets", ctypes.c_uint64),
        ("ref_ctr_offsets", ctypes.c_uint64),
        ("cookies", ctypes.c_uint64),
        ("cnt", ctypes.c_uint32),
        ("multi_flags", ctypes.c_uint32),
        ("pid", ctypes.c_uint32),
        ("padding", ctypes.c_uint32),
    )


def link_uprobes(program_fd: int, path: str, offsets: Sequence[int], cookies: Sequence[int]) -> int:
    """Attach the program to all file offsets of the ELF file at ``path``; the descriptor is the link.

    Closing the descriptor detaches every probe. Raises OSError with the kernel's errno: 524 (ENOTSUPP) if
    a process maps the file and one of the instructions can't carry a uprobe.
    """
    offset_array = array("Q", offsets)
    cookie_array = array("Q", cookies)
    encoded = ctypes.create_string_buffer(os.fsencode(path))
    attr = _UprobeMultiAttr(
        prog_fd=program_fd,
        attach_type=BPF_TRACE_UPROBE_MULTI,
        path=ctypes.addressof(encoded),
        offsets=offset_array.buffer_info()[0],
        cookies=cookie_array.buffer_info()[0],
        cnt=len(offset_array),
    )
    number = _SYS_BPF.get(platform.machine())
    if number is None:
        raise HostUnfit(f"funkqa doesn't know the bpf system call of {platform.machine()}")
    fd = int(_libc.syscall(number, BPF_LINK_CREATE, ctypes.byref(attr), ctypes.sizeof(attr)))
    if fd < 0:
        errno = ctypes.get_errno()
        raise OSError(errno, os.strerror(errno))
    os.set_inheritable(fd, False)
    return fd


def close(link: int) -> None:
    """Detach the probes of a link. Waits for the kernel's grace period, about 30 ms."""
    os.close(link)
