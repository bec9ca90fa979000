"""Files to begin with: small ones of each kind that funkqa reads."""

import lzma
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.compiling import compile_c, shared, tool
from tests.elfwriter import (
    EM_386,
    EM_AARCH64,
    EM_PPC64,
    EM_S390,
    SHT_PROGBITS,
    Section,
    elf,
    file,
    func,
)
from tests.gotable import go_program

SOURCE = """
static __attribute__((noinline)) int hidden(int n) { return n * 3; }
static inline __attribute__((always_inline)) int small(int n) { return n + 1; }
int seen(int *p) { if (!p) return 0; while (*p) hidden(small(*p++)); return hidden(*p); }
static int (*chosen(void))(int *) { return seen; }
int versions(int *) __attribute__((ifunc("chosen")));
"""
MAIN = "int main(int n, char **p) { return n > 3 ? 0 : p[0][n]; }"


def seeds() -> Iterator[bytes]:
    """Synthetic ones of each machine and table, and what gcc makes of a small source."""
    symbols = [file("a.c"), func("one", 0x1000, 16, local=True), func("two.constprop.0", 0x1010, 16)]
    yield elf(symbols, [func("two", 0x1010, 16)], build_id="ab" * 20, soname="libx.so.1", altlink=("x", "cd" * 20))
    for machine, bits, big in (
        (EM_386, 32, False),
        (EM_AARCH64, 64, False),
        (EM_S390, 64, True),
        (EM_PPC64, 64, 0),
    ):
        yield elf(symbols, machine=machine, bits=bits, big_endian=bool(big), build_id="ab" * 20)
    yield go_program([("main.main", 0x1000), ("main.run", 0x1040), ("main.(*T).String", 0x1080)], end=0x1100)
    inner = lzma.compress(elf([func("hidden", 0x1020, 16)]))
    yield elf(dynamic_symbols=[func("two", 0x1010, 16)], extra=(Section(".gnu_debugdata", SHT_PROGBITS, inner),))
    with TemporaryDirectory() as directory:
        folder = Path(directory)
        bare = ("-nostdlib", "-Wl,-z,noseparate-code", "-Wl,--build-id")
        for name, options in {"4": ("-gdwarf-4",), "5": ("-gdwarf-5", "-O2"), "z": ("-g", "-gz", "-O2")}.items():
            yield shared(folder / f"lib{name}.so", SOURCE, *options, *bare).read_bytes()
        stripped = shared(folder / "stripped.so", SOURCE, "-O2", "-s", *bare)
        yield stripped.read_bytes()
        (folder / "x.debug").write_bytes(b"debug")
        tool("objcopy", f"--add-gnu-debuglink={folder}/x.debug", str(stripped))
        yield stripped.read_bytes()
        yield compile_c(folder / "program", MAIN, "-O2", "-g", "-Wl,-z,noseparate-code").read_bytes()
