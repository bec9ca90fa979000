"""What lies at the addresses of an image, on files that gcc makes."""

from pathlib import Path

import pytest

from funkqa.elf.contents import Contents, read_contents, unnumbered
from funkqa.model.errors import ElfError
from tests.compiling import shared, tool

SOURCE = """
extern int imported;
int variable = 7, zeroes[40];
const int table[3] = {1, 2, 3};
const char *const names[] = {"one", "two"};
int *const pointers[] = {&variable, &imported};
__thread int each = 3;
int sum(void) { return variable + imported + table[1] + each + zeroes[2]; }
"""


def contents(path: Path) -> Contents:
    with path.open("rb") as image, path.open("rb") as symbols:
        return read_contents(image, symbols, str(path))


def address(path: Path, name: str) -> int:
    for line in tool("nm", str(path)).splitlines():
        if line.endswith(f" {name}"):
            return int(line.split()[0], 16)
    raise AssertionError(name)


@pytest.mark.parametrize("relocations", ["nopack-relative-relocs", "pack-relative-relocs"])
def test_objects_constants_and_what_the_loader_writes_are_known(relocations: str, tmp_path: Path) -> None:
    path = shared(tmp_path / "one.so", SOURCE, "-O1", f"-Wl,-z,{relocations}")
    found = contents(path)
    table, names, variable = (address(path, name) for name in ("table", "names", "variable"))
    assert found.bytes(table, 12) == b"\1\0\0\0\2\0\0\0\3\0\0\0"
    known = found.object(table + 4)
    assert known is not None
    assert (known.name, known.start, known.size) == ("table", table, 12)
    inside = found.range(names)
    assert inside is not None
    assert inside.constant
    places = found.relocated(names, names + 16)
    texts = [found.bytes(found.pointers[place].target, 4) for place in places]
    assert texts == [b"one\0", b"two\0"]
    first, second = (found.pointers[place] for place in found.relocated(*_extent(path, "pointers", 16)))
    assert (first.target, second.target, second.symbol) == (variable, 0, "imported")
    inside = found.range(address(path, "zeroes"))
    assert inside is not None
    assert (inside.constant, inside.content) == (False, b"")
    assert not any(each.name == "each" for each in found.objects)


def _extent(path: Path, name: str, size: int) -> tuple[int, int]:
    start = address(path, name)
    return start, start + size


def test_what_is_no_elf_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes(b"\x7fELF and no more")
    with pytest.raises(ElfError):
        contents(path)


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("buffer.1", "buffer"),
        ("buffer.lto_priv.0", "buffer"),
        ("stdin@GLIBC_2.2.5", "stdin"),
        (".LC0", ".LC0"),
        ("a.b", "a.b"),
        ("__func__.4321", "__func__"),
    ],
)
def test_numbers_of_the_compiler_are_no_part_of_a_name(symbol: str, name: str) -> None:
    assert unnumbered(symbol) == name
