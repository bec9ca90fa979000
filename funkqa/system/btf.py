"""Where members lie in the kernel's own structures, from the description that it carries (BTF).

Source of the format: ``Documentation/bpf/btf.rst`` of Linux 6.6, chapter 2.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from funkqa.model.errors import HostUnfit

KERNEL = Path("/sys/kernel/btf/vmlinux")
MAGIC = 0xEB9F
STRUCT, UNION = 4, 5
BYTES_BEHIND = {1: 4, 2: 0, 3: 12, 7: 0, 8: 0, 9: 0, 10: 0, 11: 0, 12: 0, 14: 4, 16: 0, 17: 4, 18: 0}
"""What follows a type of a kind, whatever it is made of."""
BYTES_EACH = {4: 12, 5: 12, 6: 8, 13: 8, 15: 12, 19: 12}
"""What follows it for each of its members."""

Member = tuple[str, str]
"""Names of a structure and of a member of it."""


def offsets(wanted: Sequence[Member], path: Path = KERNEL) -> Mapping[Member, int]:
    """Bytes from the beginning of the structure to the member, for each of ``wanted``.

    Raises HostUnfit if the kernel doesn't say.
    """
    try:
        structures = _Structures(path.read_bytes())
        found = {(name, member): structures.offset(name, member) for name, member in wanted}
    except (OSError, ValueError, KeyError, IndexError, struct.error) as error:
        raise HostUnfit(
            f"the kernel doesn't describe its structures: {error}",
            where=str(path),
            hint="use a kernel with CONFIG_DEBUG_INFO_BTF, as distributions ship it",
        ) from error
    return found


class _Structures:
    """All structures and unions of a BTF blob."""

    def __init__(self, blob: bytes) -> None:
        magic, _, _, header, types, types_size, strings, strings_size = struct.unpack_from("=HBBIIIII", blob)
        if magic != MAGIC:
            raise ValueError("it is no BTF")
        self._types = memoryview(blob)[header + types : header + types + types_size]
        self._strings = blob[header + strings : header + strings + strings_size]
        self._places = [0, *self._walk()]  # types count from 1

    def offset(self, structure: str, member: str) -> int:
        name = self._strings.index(b"\0%s\0" % structure.encode()) + 1
        for place in self._places[1:]:
            named, info = struct.unpack_from("=II", self._types, place)
            if named == name and info >> 24 & 0x1F == STRUCT:
                bits = self._bits(place, member.encode())
                if bits is not None:
                    return bits // 8
        raise ValueError(f"struct {structure} has no member {member}")

    def _bits(self, place: int, wanted: bytes) -> int | None:
        """Members of members without a name count as its own."""
        info = struct.unpack_from("=I", self._types, place + 4)[0]
        for number in range(info & 0xFFFF):
            name, kind, bits = struct.unpack_from("=III", self._types, place + 12 + 12 * number)
            bits = bits & 0xFFFFFF if info >> 31 else bits  # the rest is the size of a bit field
            if name and self._strings.startswith(wanted + b"\0", name):
                return int(bits)
            if not name and self._kind(self._places[kind]) in (STRUCT, UNION):
                inside = self._bits(self._places[kind], wanted)
                if inside is not None:
                    return int(bits) + inside
        return None

    def _kind(self, place: int) -> int:
        return int(struct.unpack_from("=I", self._types, place + 4)[0]) >> 24 & 0x1F

    def _walk(self) -> Iterator[int]:
        unpack, place = struct.Struct("=I").unpack_from, 0
        while place < len(self._types):
            yield place
            (info,) = unpack(self._types, place + 4)
            kind = info >> 24 & 0x1F
            place += 12 + (BYTES_BEHIND[kind] if kind in BYTES_BEHIND else BYTES_EACH[kind] * (info & 0xFFFF))
