"""The memory of this process."""

import re
from pathlib import Path


def most_resident_kb() -> int:
    """The most that was resident since this program was started.

    ``ru_maxrss`` of getrusage(2) would begin with what the parent had before exec; this mark begins anew.
    """
    [most] = re.findall(r"VmHWM:\s+([0-9]+) kB", Path("/proc/self/status").read_text())
    return int(most)
