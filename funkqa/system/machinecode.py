"""A few instructions in a file of their own, to measure what a uprobe on them costs."""

import ctypes
import mmap
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from funkqa.model.errors import HostUnfit

# 0x00 push %rbp; pop %rbp; ret
# 0x10 mov %eax,%eax; ret
# 0x20 push %rbx; push %r12; mov %rsi,%r12; mov %rdi,%rbx; 1: call *%r12; dec %rbx; jnz 1b; pop %r12; pop %rbx; ret
_X86_64 = {
    0x00: bytes.fromhex("555dc3"),
    0x10: bytes.fromhex("89c0c3"),
    0x20: bytes.fromhex("5341544989f44889fb41ffd448ffcb75f8415c5bc3"),
}
PAGE = 4096
MAP_FAILED = ctypes.c_void_p(-1).value

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]


class Sample(NamedTuple):
    """Code in an anonymous file: a function whose first instruction the kernel emulates, and one it steps over."""

    path: str
    emulated: int
    stepped: int
    loop: int
    address: int

    def seconds_for(self, offset: int, calls: int) -> float:
        """How long so many calls of the function at ``offset`` take."""
        loop = ctypes.CFUNCTYPE(None, ctypes.c_uint64, ctypes.c_uint64)(self.address + self.loop)
        start = time.perf_counter()
        loop(calls, self.address + offset)
        return time.perf_counter() - start


@contextmanager
def sample() -> Iterator[Sample | None]:
    """The sample for this machine, mapped and ready to be called; None where there is none for it."""
    if platform.machine() != "x86_64":
        yield None
        return
    descriptor = os.memfd_create("funkqa-sample", os.MFD_CLOEXEC)
    try:
        code = bytearray(PAGE)
        for offset, instructions in _X86_64.items():
            code[offset : offset + len(instructions)] = instructions
        os.write(descriptor, bytes(code))
        # mmap(2) itself, because uprobes need a mapping that isn't writable, and ctypes a buffer that is.
        address = _libc.mmap(None, PAGE, mmap.PROT_READ | mmap.PROT_EXEC, mmap.MAP_PRIVATE, descriptor, 0)
        if address == MAP_FAILED:
            raise HostUnfit(f"can't map code for execution: {os.strerror(ctypes.get_errno())}")
        try:
            yield Sample(f"/proc/self/fd/{descriptor}", 0x00, 0x10, 0x20, address)
        finally:
            _libc.munmap(ctypes.c_void_p(address), ctypes.c_size_t(PAGE))
    finally:
        os.close(descriptor)
