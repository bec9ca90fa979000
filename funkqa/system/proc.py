"""What /proc says of other processes (proc(5)). PIDs are digits; anything else is no process."""

import re
from contextlib import suppress
from pathlib import Path

TRACER = re.compile(r"^TracerPid:\s*([1-9]\d*)$", re.MULTILINE)


def state(pid: str) -> str:
    """``T`` and its like, as ps(1) shows them (proc_pid_stat(5)); empty if there is no such process."""
    if not pid.isdigit():
        return ""
    with suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0]
    return ""


def tracer(pid: str) -> str:
    """The PID of who traces it, such as strace(1) (proc_pid_status(5)); empty if nobody does."""
    if not pid.isdigit():
        return ""
    with suppress(OSError):
        found = TRACER.search(Path(f"/proc/{pid}/status").read_text(errors="replace"))
        return found[1] if found else ""
    return ""
