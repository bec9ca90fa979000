"""All that funkqa reads of a file whose bytes it can't trust, from its headers to where the probes go."""

import io
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, TypeVar

from funkqa.elf import debugentries, minidebuginfo, sections
from funkqa.elf.debugentries import Entries
from funkqa.elf.debuglink import read_debuglink
from funkqa.elf.functions import inventory
from funkqa.elf.image import read_facts, read_function_symbols, read_go_declarations
from funkqa.elf.placement import place_probes
from funkqa.elf.role import role
from funkqa.elf.unwind import unnamed_functions
from funkqa.model.errors import ElfError
from funkqa.system.libdw import Dwarf, Entry

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

WHERE = "fuzzed"
Read = TypeVar("Read")


class _Nowhere(io.BytesIO):
    """Takes what is written and keeps nothing of it."""

    def write(self, content: "ReadableBuffer") -> int:
        return memoryview(content).nbytes


def read_everything(content: bytes) -> bool:
    """Whether the file is well-formed so far as it was read. Only an ElfError is a refusal."""
    stream = io.BytesIO(content)

    def of(position: int, size: int) -> bytes:
        return content[position : position + size]

    facts = _tried(lambda: read_facts(stream, WHERE))
    symbols = _tried(lambda: read_function_symbols(stream, WHERE))
    unnamed = _tried(lambda: unnamed_functions(stream, WHERE, symbols or ()))
    declared = _tried(lambda: read_go_declarations(stream, WHERE))
    entries = _tried(lambda: debugentries.read(stream, WHERE))
    others = (
        _tried(lambda: _described(content, entries)),
        _tried(lambda: read_debuglink(stream, WHERE) or True),
        _tried(lambda: sections.names(stream, WHERE)),
        _tried(lambda: minidebuginfo.extract(stream, WHERE, _Nowhere())),
    )
    if facts is None or symbols is None:
        return False
    role(facts, "/usr/bin/fuzzed")
    every = (*symbols, *(unnamed or ()))
    found = inventory(facts, every, declared or {}, {})
    starts = sorted({symbol.vaddr for symbol in every})
    bodies = [body for _, body in found.bodies]
    list(place_probes(bodies, starts, facts.machine, facts.segments, of))
    return None not in others[:3]


def _described(content: bytes, entries: Entries | None) -> bool | None:
    """Ask libdw, in its child, of all entries. Raises TimeoutError if it was killed for its CPU time."""
    if entries is None:
        return None
    if entries.with_code:
        with NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            dwarf = Dwarf(Path(file.name))
            try:
                list(dwarf.subprograms(entries.with_code))
                list(dwarf.abstract([Entry(offset) for offset in sorted(entries.inlined)]))
            except ElfError as error:
                if "SIGXCPU" in error.message:
                    raise TimeoutError(error.message) from None
                raise
    return True


def _tried(read: Callable[[], Read]) -> Read | None:
    try:
        return read()
    except ElfError:
        return None
