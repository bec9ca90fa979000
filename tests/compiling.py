"""Real ELF files for tests, compiled by the system's gcc, and what readers other than funkqa say of them."""

import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest


def compile_c(target: Path, source: str, *options: str, name: str = "source.c") -> Path:
    """Compile one C (or, by ``name``, C++ or assembly) source with gcc; returns ``target``."""
    path = target.parent / f"{target.name}.d" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)
    tool("gcc", "-o", str(target), str(path), *options)
    return target


def shared(target: Path, source: str, *options: str, name: str = "source.c") -> Path:
    return compile_c(target, source, "-shared", "-fPIC", *options, name=name)


def library(name: str) -> Path:
    """A library of this host, by its file name."""
    path = Path(tool("gcc", f"-print-file-name={name}").strip())
    if not path.is_absolute():
        pytest.skip(f"{name} is not installed")
    return path.resolve()


def tool(*command: str) -> str:
    """The output of a command that must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, errors="backslashreplace", check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr}"
    return done.stdout


class Row(NamedTuple):
    """A function symbol as ``eu-readelf -s`` prints it."""

    name: str
    vaddr: int
    size: int
    local: bool


def readelf_functions(path: Path, table: str) -> list[Row]:
    """The defined function symbols of ``.symtab`` or ``.dynsym``; names as stored, without versions."""
    rows = []
    for line in tool("eu-readelf", f"--symbols={table}", "--wide", str(path)).splitlines():
        fields = line.split()
        if len(fields) >= 8 and fields[0].endswith(":") and fields[3] in ("FUNC", "GNU_IFUNC"):
            _, vaddr, size, _, binding, _, section, name = fields[:8]
            if section != "UNDEF":
                rows.append(Row(name.partition("@")[0], int(vaddr, 16), int(size), binding == "LOCAL"))
    return rows


def instructions(path: Path, start: int, end: int) -> list[tuple[int, str]]:
    """Address and text of the instructions in a range, by objdump, without its symbol annotations."""
    listing = tool(
        *("objdump", "-d", "--no-show-raw-insn", "-M", "intel", "-w"),
        *(f"--start-address={start:#x}", f"--stop-address={end:#x}", str(path)),
    )
    return _parsed(listing)


def _parsed(listing: str) -> list[tuple[int, str]]:
    found = []
    for line in listing.splitlines():
        address, colon, text = line.partition(":\t")
        if colon and address.strip():
            found.append((int(address, 16), text.partition("#")[0].partition("<")[0].strip()))
    return found
