"""Putting a program into a cgroup before its first instruction, with nothing of a library in between.

Whatever joins the group and then executes the program is in scope for a moment: a shell would leave its own
calls in libc behind, and a changed environment. So the one who joins is a program of a few instructions, made
here: it writes "0" to ``cgroup.procs`` and executes the real one with its own arguments and environment.
"""

import os
import platform
import shutil
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from funkqa.model.errors import HostUnfit
from funkqa.system import cgroup

BASE = 0x400000
HEADERS = 64 + 56
"""An ELF header and one program header."""

CANNOT_JOIN, NOT_EXECUTABLE, NOT_FOUND = 125, 126, 127
"""Exit codes of the starter; the last two as env(1) has them."""

MFD_EXEC = 0x10

# Offsets to the three texts are filled in: of "0", the group's file, and the program's path.
_X86_64 = (
    "4889e3"  # mov %rsp,%rbx              argc, argv and the environment
    "b802000000 488d3d{procs} be01000000 0f05"  # open(procs, O_WRONLY)
    "89c7 b801000000 488d35{zero} ba01000000 0f05"  # write(it, "0", 1)
    "4885c0 7834"  # js cannot_join
    "b803000000 0f05"  # close(it)
    "488d3d{program} 488d7308 488b03 488d54c310 b83b000000 0f05"  # execve(program, argv, environment)
    "bf7f000000 83f8fe 7402 ffcf"  # 127 if there is no such file, else 126
    "b8e7000000 0f05"  # quit: exit_group
    "bf7d000000 ebf2"  # cannot_join: 125, jmp quit
)


@contextmanager
def joining(group: Path, argv: Sequence[str], path: str | None = None) -> Iterator[tuple[list[str], str | None]]:
    """(arguments, executable) to start ``argv`` in the group with; the executable lasts as long as the block.

    ``path`` is the PATH to look for the program in. Without such a starter for this machine a shell joins.
    """
    program = shutil.which(argv[0], path=path) or argv[0]
    code = image(str(group / "cgroup.procs"), program) if platform.machine() == "x86_64" else b""
    descriptor = _memory_file(code) if code else None
    if descriptor is None:
        yield [*cgroup.join(group), *argv], None
        return
    try:
        yield list(argv), f"/proc/{os.getpid()}/fd/{descriptor}"
    finally:
        os.close(descriptor)


def image(procs: str, program: str) -> bytes:
    """The starter as a whole ELF file (System V gABI, chapter 4), for x86-64."""
    texts = {"zero": b"0\0", "procs": os.fsencode(procs) + b"\0", "program": os.fsencode(program) + b"\0"}
    size = len(bytes.fromhex(_X86_64.format_map(dict.fromkeys(texts, "00000000"))))
    places, at = {}, size
    for name, text in texts.items():
        places[name] = at
        at += len(text)
    code = bytes.fromhex(_X86_64.format_map(_Displacements(places)))
    body = code + b"".join(texts.values())
    header = struct.pack(
        "<16sHHIQQQIHHHHHH",
        *(b"\x7fELF\x02\x01\x01", 2, 62, 1, BASE + HEADERS, 64, 0, 0, 64, 56, 1, 0, 0, 0),
    )
    total = HEADERS + len(body)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, BASE, BASE, total, total, 0x1000)
    return header + segment + body


class _Displacements(Mapping[str, str]):
    """From the end of each instruction that names a text to that text, 32 bits, little-endian hex."""

    def __init__(self, places: Mapping[str, int]) -> None:
        self._places = places

    def __getitem__(self, name: str) -> str:
        before = _X86_64.partition(f"{{{name}}}")[0].format_map(dict.fromkeys(self._places, "00000000"))
        return struct.pack("<i", self._places[name] - (len(bytes.fromhex(before)) + 4)).hex()

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def _memory_file(content: bytes) -> int | None:
    """An executable file in memory, or None where the kernel doesn't allow one (vm.memfd_noexec)."""
    for flags in (os.MFD_CLOEXEC | MFD_EXEC, os.MFD_CLOEXEC):  # kernels before 6.3 don't know MFD_EXEC
        with suppress(OSError):
            descriptor = os.memfd_create("funkqa-starter", flags)
            if os.write(descriptor, content) != len(content):
                raise HostUnfit("can't write to memory")
            return descriptor
    return None
