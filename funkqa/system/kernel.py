"""bpf(2): linking a program to many uprobes at once, which bcc can't, and what it takes to try whether that works.

Source of numbers and layouts: ``include/uapi/linux/bpf.h`` of Linux 6.6, ``union bpf_attr``.
"""

import ctypes
import os
import platform
from array import array
from collections.abc import Sequence

from funkqa.model.errors import HostUnfit

BPF_MAP_CREATE, BPF_MAP_UPDATE_ELEM, BPF_PROG_LOAD, BPF_RAW_TRACEPOINT_OPEN, BPF_LINK_CREATE = 0, 2, 5, 17, 28
BPF_MAP_TYPE_ARRAY = 2
BPF_F_MMAPABLE = 1 << 10
BPF_PROG_TYPE_KPROBE = 2
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


class _RawTracepointAttr(ctypes.Structure):
    _fields_ = (("name", ctypes.c_uint64), ("prog_fd", ctypes.c_uint32), ("padding", ctypes.c_uint32))


class _ProgramAttr(ctypes.Structure):
    _fields_ = (
        ("prog_type", ctypes.c_uint32),
        ("insn_cnt", ctypes.c_uint32),
        ("insns", ctypes.c_uint64),
        ("license", ctypes.c_uint64),
        ("log_level", ctypes.c_uint32),
        ("log_size", ctypes.c_uint32),
        ("log_buf", ctypes.c_uint64),
        ("kern_version", ctypes.c_uint32),
        ("prog_flags", ctypes.c_uint32),
        ("prog_name", ctypes.c_char * 16),
        ("prog_ifindex", ctypes.c_uint32),
        ("expected_attach_type", ctypes.c_uint32),
    )


class _MapAttr(ctypes.Structure):
    _fields_ = tuple(
        (name, ctypes.c_uint32) for name in ("map_type", "key_size", "value_size", "max_entries", "map_flags")
    )


class _ElementAttr(ctypes.Structure):
    _fields_ = (
        ("map_fd", ctypes.c_uint32),
        ("padding", ctypes.c_uint32),
        ("key", ctypes.c_uint64),
        ("value", ctypes.c_uint64),
        ("flags", ctypes.c_uint64),
    )


def load_empty_program() -> int:
    """Load a uprobe_multi program that does nothing; returns its descriptor. Raises OSError."""
    # r0 = 0; exit. The first byte is the operation, the others registers, offset and value, all 0.
    instructions = ctypes.create_string_buffer(b"\xb7".ljust(8, b"\0") + b"\x95".ljust(8, b"\0"), 16)
    licence = ctypes.create_string_buffer(b"GPL")
    attr = _ProgramAttr(
        prog_type=BPF_PROG_TYPE_KPROBE,
        insn_cnt=2,
        insns=ctypes.addressof(instructions),
        license=ctypes.addressof(licence),
        prog_name=b"funkqa_doctor",
        expected_attach_type=BPF_TRACE_UPROBE_MULTI,
    )
    return _bpf(BPF_PROG_LOAD, attr)


def create_mmapable_array(entries: int) -> int:
    """Make an array of 64-bit values that can be mapped into memory; returns its descriptor. Raises OSError."""
    attr = _MapAttr(
        map_type=BPF_MAP_TYPE_ARRAY, key_size=4, value_size=8, max_entries=entries, map_flags=BPF_F_MMAPABLE
    )
    return _bpf(BPF_MAP_CREATE, attr)


def set_element(map_fd: int, key: bytes, value: bytes) -> None:
    """Set ``map[key] = value``; their lengths are those that the map was made with. Raises OSError."""
    key_buffer = ctypes.create_string_buffer(key, len(key))
    value_buffer = ctypes.create_string_buffer(value, len(value))
    attr = _ElementAttr(map_fd=map_fd, key=ctypes.addressof(key_buffer), value=ctypes.addressof(value_buffer))
    _call(BPF_MAP_UPDATE_ELEM, attr)


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
    return _bpf(BPF_LINK_CREATE, attr)


def link_tracepoint(program_fd: int, name: str) -> int:
    """Attach the program to a raw tracepoint of the kernel; closing the descriptor detaches it. Raises OSError."""
    encoded = ctypes.create_string_buffer(name.encode())
    return _bpf(BPF_RAW_TRACEPOINT_OPEN, _RawTracepointAttr(name=ctypes.addressof(encoded), prog_fd=program_fd))


def close(link: int) -> None:
    """Detach the probes of a link. Waits for the kernel's grace period, about 30 ms."""
    os.close(link)


def _bpf(command: int, attr: ctypes.Structure) -> int:
    """A call that returns a descriptor."""
    fd = _call(command, attr)
    os.set_inheritable(fd, False)
    return fd


def _call(command: int, attr: ctypes.Structure) -> int:
    number = _SYS_BPF.get(platform.machine())
    if number is None:
        raise HostUnfit(f"funkqa doesn't know the bpf system call of {platform.machine()}")
    result = int(_libc.syscall(number, command, ctypes.byref(attr), ctypes.sizeof(attr)))
    if result < 0:
        errno = ctypes.get_errno()
        raise OSError(errno, os.strerror(errno))
    return result
