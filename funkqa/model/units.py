"""Units that must never mix: mixing an address with a file offset is the bug of this field."""

from typing import NewType

Vaddr = NewType("Vaddr", int)
"""A virtual address as the ELF file states it (``st_value``), before relocation."""

FileOffset = NewType("FileOffset", int)
"""A position in the ELF file in bytes, the unit in which the kernel takes uprobes."""

ProbeId = NewType("ProbeId", int)
"""Index into ``ProbePlan.probes``, part of the probe's cookie, and the index of its hit counter."""

BuildId = NewType("BuildId", str)
"""Lower-case hex of the ``NT_GNU_BUILD_ID`` note, such as ``ab12...`` (usually 40 digits)."""

Bitmap = NewType("Bitmap", int)
"""A set of function indices of one image: bit ``i`` stands for ``Image.functions[i]``."""
