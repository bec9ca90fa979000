"""A program of its own that compiles the BPF program with bcc, loads it, and hands over its descriptors.

``python -m funkqa.trace.loader SOURCES PROBES GROUPS EVERYONE SOCKET``. bcc brings a whole compiler, 120 MB of it:
in this process that is gone once the program is loaded, and the tracer never has it.
"""

import os
import sys
from pathlib import Path

from funkqa.system import descriptors, kernel

HEADERS_VARIABLE = "BCC_KERNEL_SOURCE"
PROGRAM = b"funkqa_hit"
MAPS = (b"hits", b"paid", b"foreign", b"scope")
"""What is sent: the program, then these maps."""


def main(sources: str, probes: str, groups: str, everyone: str, through: str) -> None:
    from bcc import BPF

    # bcc looks for kernel headers there: funkqa brings the few that its program needs.
    os.environ[HEADERS_VARIABLE] = sources
    macros = {"FUNKQA_PROBES": probes, "FUNKQA_GROUPS": groups, "FUNKQA_EVERYONE": everyone}
    try:
        bpf = BPF(
            text=(Path(sources) / "funkqa.bpf.c").read_bytes(),
            cflags=[f"-D{name}={value}" for name, value in macros.items()],
        )
        program = bpf.load_func(PROGRAM, BPF.KPROBE, attach_type=kernel.BPF_TRACE_UPROBE_MULTI)
    except Exception as error:  # bcc raises plain Exception
        raise SystemExit(str(error)) from None
    descriptors.send(int(through), [program.fd, *(bpf[name].map_fd for name in MAPS)])


if __name__ == "__main__":
    main(*sys.argv[1:])
