"""A program of its own that compiles the BPF programs with bcc, loads them, and hands over their descriptors.

``python -m funkqa.trace.loader SOURCES PROBES GROUPS EVERYONE RING_BYTES SOCKET``. bcc brings a whole compiler,
120 MB of it: in this process that is gone once the programs are loaded, and the tracer never has it.
"""

import mmap
import os
import sys
from pathlib import Path

from funkqa.model.errors import FunkqaError
from funkqa.system import btf, descriptors, kernel

HEADERS_VARIABLE = "BCC_KERNEL_SOURCE"
PROBES = (b"funkqa_hit", b"funkqa_entry", b"funkqa_shim")
EVENTS = (b"funkqa_started", b"funkqa_forked", b"funkqa_ended")
"""Programs for uprobes, and for tracepoints of the kernel."""

MAPS = (b"hits", b"paid", b"foreign", b"lost", b"scope", b"executions")
"""What is sent: the programs for probes, those for events, then these maps."""

MEMBERS = (
    ("task_struct", "tgid"),
    ("task_struct", "real_parent"),
    ("task_struct", "mm"),
    ("task_struct", "signal"),
    ("signal_struct", "live"),
    ("mm_struct", "arg_start"),
    ("mm_struct", "arg_end"),
    ("linux_binprm", "filename"),
)
PREFIXES = {"task_struct": "TASK", "signal_struct": "SIGNAL", "mm_struct": "MM", "linux_binprm": "BPRM"}


def main(sources: str, probes: str, groups: str, everyone: str, ring_bytes: str, through: str) -> None:
    from bcc import BPF

    # bcc looks for kernel headers there: funkqa brings the few that its programs need.
    os.environ[HEADERS_VARIABLE] = sources
    macros = {
        "FUNKQA_PROBES": probes,
        "FUNKQA_GROUPS": groups,
        "FUNKQA_EVERYONE": everyone,
        "FUNKQA_RING_BYTES": ring_bytes,
        "FUNKQA_PAGE_BYTES": str(mmap.PAGESIZE),
    }
    try:
        for (structure, member), offset in btf.offsets(MEMBERS).items():
            macros[f"{PREFIXES[structure]}_{member.upper()}"] = str(offset)
        bpf = BPF(
            text=(Path(sources) / "funkqa.bpf.c").read_bytes(),
            cflags=[f"-I{sources}", *(f"-D{name}={value}" for name, value in macros.items())],
        )
        programs = [bpf.load_func(name, BPF.KPROBE, attach_type=kernel.BPF_TRACE_UPROBE_MULTI) for name in PROBES]
        programs += [bpf.load_func(name, BPF.RAW_TRACEPOINT) for name in EVENTS]
    except (Exception, FunkqaError) as error:  # bcc raises plain Exception
        raise SystemExit(str(error)) from None
    descriptors.send(int(through), [program.fd for program in programs] + [bpf[name].map_fd for name in MAPS])


if __name__ == "__main__":
    main(*sys.argv[1:])
