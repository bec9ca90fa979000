"""Places in programs of this host, by the word of objdump, and of the kernel."""

import re
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from funkqa.elf.functions import inventory
from funkqa.elf.image import read_facts, read_function_symbols
from funkqa.elf.line import WINDOW
from funkqa.elf.placement import PlacedOn, Placement, place_probes
from funkqa.model.plan import Function
from funkqa.model.units import FileOffset, ProbeId
from funkqa.system import files, kernel
from funkqa.system.files import HeldFile
from funkqa.trace import links
from funkqa.trace.groups import NO_LINK, Group
from funkqa.trace.links import Placed
from tests.compiling import instructions, library

LEAVES = re.compile(r"(bnd |notrack |rep\w* )*(j\w+|loop\w*|ret\w*|call|syscall|int3?|ud2|hlt|i?div|xbegin)\b")
"""Instructions that may not come to the next one, as objdump writes them in Intel syntax."""

MAY_FAULT = re.compile(r"(?!lea|nop|cs nop|data16).*(\[(?!(rsp|rbp|rip)([+-]0x[0-9a-f]+)?\])|gs:)")
EMULATED = re.compile(r"push +r\w+|nop|nop +DWORD PTR \[rax\+rax\*1\+0x0\]|(j\w+|call) +(0x)?[0-9a-f]+")


class Placing(NamedTuple):
    function: Function
    size: int
    place: Placement | None


def program_file(name: str) -> Path:
    if name == "python":
        return Path(sys.executable).resolve()
    if ".so" in name:
        return library(name)
    found = shutil.which(name, path="/usr/bin:/bin")
    assert found is not None
    return Path(found).resolve()


def placements(held: HeldFile) -> list[Placing]:
    with held.stream() as stream:
        facts = read_facts(stream, str(held.path))
        symbols = read_function_symbols(stream, str(held.path))
    functions = inventory(facts, symbols, {}, {}).functions
    starts = sorted({symbol.vaddr for symbol in symbols})
    ends = dict(zip(starts, [*starts[1:], starts[-1] + WINDOW], strict=True))
    return [
        Placing(functions[index], min(functions[index].size or WINDOW, ends[functions[index].vaddr]), place)
        for index, place in place_probes(functions, starts, facts.machine, facts.segments, held.read)
    ]


@pytest.mark.parametrize("name", ["libcrypto.so.3", "bash", "python"])
def test_places_in_real_programs_are_right_by_the_word_of_objdump(name: str) -> None:
    path = program_file(name)
    with files.held(path) as held:
        found = placements(held)
    assert len(found) > 1000
    for function, size, place in found[:: len(found) // 150]:
        assert place is not None, function.name
        check(path, function, size, place)


def check(path: Path, function: Function, size: int, place: Placement) -> None:
    listing = instructions(path, function.vaddr, function.vaddr + min(size, WINDOW))
    assert place.vaddr in dict(listing), f"{function.name}: within an instruction, or outside"
    before = [text for vaddr, text in listing if vaddr < place.vaddr]
    assert not [text for text in before if LEAVES.match(text)], function.name
    if place.placed_on is PlacedOn.EMULATED:
        assert not [text for text in before if MAY_FAULT.match(text)], function.name
        assert EMULATED.fullmatch(dict(listing)[place.vaddr]), function.name


def test_most_functions_have_a_place_that_the_kernel_emulates() -> None:
    with files.held(library("libcrypto.so.3")) as held:
        found = placements(held)
    emulated = [place for _, _, place in found if place is not None and place.placed_on is PlacedOn.EMULATED]
    assert len(emulated) > 0.65 * len(found)


@pytest.mark.kernel
@pytest.mark.parametrize("name", ["libcrypto.so.3", "libLLVM-14.so.1", "bash", "python", "libc.so.6"])
def test_the_kernel_takes_every_place(name: str, program: int, tmp_path: Path) -> None:
    copy = tmp_path / name  # so that no other process runs into the probes
    shutil.copy(program_file(name), copy)
    with files.held(copy) as held:
        probes = tuple(
            Placed(ProbeId(number), FileOffset(function.offset + place.vaddr - function.vaddr), 0)
            for number, (function, _, place) in enumerate(placements(held))
            if place is not None
        )
        group = Group(0, held, range(len(probes)), probes)
        with links.mapped_for_execution(held):
            refused = group.attach_verified(program)
        try:
            assert refused == []
            assert group.link != NO_LINK
            assert len(group.live) == len(probes)
        finally:
            kernel.close(group.link)
