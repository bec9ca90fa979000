"""Jumps that lie across the border of two blocks of code, and the same by a search of every byte."""

import random
from collections.abc import Iterator

import pytest

from funkqa.elf import jumps
from funkqa.elf.image import Segment
from funkqa.elf.jumps import BLOCK, Code, Stretch, landings
from funkqa.elf.line import decoder
from funkqa.model.units import Vaddr

BASE, OFFSET = 0x400000, 0x40
NOP = b"\x90"
OPCODES = {
    "call": b"\xe8",
    "jmp": b"\xe9",
    "bnd jmp": b"\xf2\xe9",
    "jcc": b"\x0f\x85",
    "lea": b"\x48\x8d\x05",
    "lea of r8": b"\x4c\x8d\x05",
}


def addresses(code: bytes, start: int) -> Iterator[int]:
    return (vaddr for vaddr, _, _, _ in decoder().disasm_lite(code, start))


def code(content: bytes) -> Code:
    file = bytes(OFFSET) + content
    return Code(Segment(BASE, OFFSET, len(content)), lambda offset, length: file[offset : offset + length])


@pytest.mark.parametrize("opcode", OPCODES.values(), ids=OPCODES)
def test_a_jump_across_the_border_of_two_blocks_is_seen(opcode: bytes) -> None:
    stretch = Stretch(Vaddr(BASE + 0x100), Vaddr(BASE + 0x108))
    for at in range(BLOCK - len(opcode) - 5, BLOCK + 2):
        end = at + len(opcode) + 4
        jump = opcode + (0x104 - end).to_bytes(4, "little", signed=True)
        made = code(NOP * at + jump + NOP * 64)
        starts = [stretch.entry, Vaddr(BASE + at - 32)]
        assert landings(made, [stretch], starts, addresses) == {stretch.entry: BASE + 0x104}, at


def test_a_displacement_is_followed_as_far_as_the_segment_reaches() -> None:
    """The highest byte of a displacement is searched for: the largest and the smallest one of 48 MB."""
    size = 3 << 24
    content = bytearray(size)
    low, high = 0x40, size - 0x40
    for entry, at in ((low, high + 0x20), (high, low + 0x20)):
        content[at : at + 5] = b"\xe9" + (entry + 1 - at - 5).to_bytes(4, "little", signed=True)
        content[entry : entry + 2] = NOP * 2
    stretches = [Stretch(Vaddr(BASE + entry), Vaddr(BASE + entry + 1)) for entry in (low, high)]
    starts = sorted(Vaddr(BASE + each) for each in (low, low + 0x20, high, high + 0x20))
    found = landings(code(bytes(content)), stretches, starts, addresses)
    assert found == {each.entry: each.entry + 1 for each in stretches}


@pytest.mark.parametrize("seed", range(3))
def test_all_that_looks_like_a_jump_is_found_wherever_it_lies(seed: int) -> None:
    dice = random.Random(seed)
    content = bytearray(dice.randbytes(2 * BLOCK + 77))
    stretches = [Stretch(Vaddr(BASE + at), Vaddr(BASE + at + 12)) for at in range(64, len(content) - 64, 512)]
    for _ in range(2000):
        opcode, to = dice.choice([*OPCODES.values()]), dice.choice(stretches).entry + dice.randrange(-3, 20)
        at = dice.randrange(len(content) - 8)
        distance = to - BASE - at - len(opcode) - 4
        content[at : at + len(opcode) + 4] = opcode + distance.to_bytes(4, "little", signed=True)
    made = code(bytes(content))
    inside = {address: each for each in stretches for address in range(each.entry + 1, each.last + 1)}
    assert set(jumps._candidates(made, stretches)) == set(every_byte(bytes(content), inside))


def every_byte(content: bytes, inside: dict[int, Stretch]) -> Iterator[tuple[Stretch, int, int]]:
    for at in range(len(content)):
        for opcode, length, width in ways(content[at : at + 3]):
            if opcode and at + length + width <= len(content):
                distance = int.from_bytes(content[at + length : at + length + width], "little", signed=True)
                landing = BASE + at + length + width + distance
                if landing in inside:
                    yield inside[landing], BASE + at, landing


def ways(code: bytes) -> Iterator[tuple[bool, int, int]]:
    """(whether it looks like one, bytes in front of the displacement, bytes of it)."""
    first, second, third = (*code, 0, 0)[:3]
    yield first in (0xE8, 0xE9), 1, 4
    yield first == 0x0F and 0x80 <= second <= 0x8F, 2, 4
    yield first in (0x48, 0x4C) and second == 0x8D and third & 0xC7 == 5, 3, 4
    yield 0x70 <= first <= 0x7F or 0xE0 <= first <= 0xE3 or first == 0xEB, 1, 1
