"""What the benchmarks run: programs built here, shipped ones, and input for them."""

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

PACKAGES = Path(".cache/packages/suse/repo")
LOOP_SOURCE = """
#include <stdlib.h>
__attribute__((noipa)) unsigned step(unsigned n) { return n * 2654435761u + 1; }
int main(int argc, char **argv)
{
    unsigned long count = strtoul(argv[1], 0, 10);
    unsigned x = 1;
    for (unsigned long i = 0; i < count; i++)
        x = step(x);
    return x == 0;
}
"""

STORM_SOURCE = """
import subprocess, sys, time
rate, duration, argv = float(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]
end, slowest, count = time.monotonic() + duration, 0.0, 0
while time.monotonic() < end:
    start = time.monotonic()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    took = time.monotonic() - start
    slowest, count = max(slowest, took), count + 1
    time.sleep(max(0.0, 1 / rate - took))
print(slowest, count)
"""


def loop(folder: Path, *options: str) -> Path:
    """A program that calls a tiny function as often as its argument says."""
    program = folder / "-".join(("loop", *options))
    source = folder / "loop.c"
    source.write_text(LOOP_SOURCE)
    subprocess.run(["gcc", "-O2", *options, "-o", program, source], check=True)
    return program


def calls_for(program: Path, duration_s: float) -> int:
    """How many calls take about so long untraced."""
    count = 100_000_000
    start = time.perf_counter()
    subprocess.run([program, str(count)], check=True)
    return round(count * duration_s / (time.perf_counter() - start))


def bzip2(folder: Path) -> tuple[Path, list[Path]]:
    """bzip2 with its library, all functions known, from the packages of the tests."""
    images = ("usr/bin/bzip2", "usr/lib64/libbz2.so.1.0.8")
    names = ("bzip2", "bzip2-debuginfo", "libbz2-1", "libbz2-1-debuginfo")
    root = _installed(folder / "bzip2", PACKAGES, names, images)
    return _started_with_its_libraries(root, images[0]), [root / image for image in images]


def openssl(folder: Path, packages: Path = PACKAGES) -> tuple[Path, list[Path]]:
    """openssl and its libcrypto, static functions included, from the packages of the tests."""
    library = "usr/lib64/libcrypto.so.3"
    names = ("openssl", "libopenssl3", "libopenssl3-debuginfo")
    root = _installed(folder / "openssl", packages, names, (library,))
    return _started_with_its_libraries(root, "usr/bin/openssl"), [root / library]


def _installed(root: Path, packages: Path, names: Sequence[str], images: Sequence[str]) -> Path:
    """The packages' files; ``images`` get the symbols of their debug files."""
    if root.exists():
        return root
    root.mkdir()
    for name in names:
        (package,) = packages.glob(f"{name}-[0-9]*.rpm")
        content = subprocess.run(["rpm2cpio", package], check=True, capture_output=True).stdout
        subprocess.run(["cpio", "-idmu", "--quiet"], cwd=root, input=content, check=True)
    for image in images:
        merged, debug = root / "merged", root / "usr/lib/debug"
        subprocess.run(["eu-unstrip", "-e", root / image, f"--debuginfo-path={debug}", "-o", merged], check=True)
        shutil.copyfile(merged, root / image)
    return root


def _started_with_its_libraries(root: Path, program: str) -> Path:
    script = root / f"run-{Path(program).name}"
    script.write_text(f'#!/bin/sh\nLD_LIBRARY_PATH={root}/usr/lib64 exec {root}/{program} "$@"\n')
    script.chmod(0o755)
    return script


def text(folder: Path, size: int) -> Path:
    """So many bytes of words, always the same."""
    path = folder / f"text-{size}"
    if not path.exists():
        chance = random.Random(1)
        words = [bytes(chance.choices(b"abcdefghijklmnopqrstuvwxyz", k=chance.randint(2, 9))) for _ in range(5000)]
        content = bytearray()
        while len(content) < size:
            content += b" ".join(chance.choices(words, k=2000)) + b"\n"
        path.write_bytes(content[:size])
    return path


def many_functions(folder: Path, count: int) -> Path:
    """A shared library with so many functions; assembled, because a compiler takes minutes for it."""
    source, library = folder / "many.s", folder / "many.so"
    if not library.exists():
        with source.open("w") as stream:
            stream.write(".text\n")
            for number in range(count):
                stream.write(
                    f".globl function_{number}\n.type function_{number},@function\nfunction_{number}:\n"
                    f"push %rbp\nmov %rsp,%rbp\npop %rbp\nret\n.size function_{number},.-function_{number}\n"
                )
        subprocess.run(["gcc", "-shared", "-nostdlib", "-o", library, source], check=True)
    return library


def exec_storm(argv: Sequence[str], processes: int, rate: float, duration_s: float) -> tuple[float, int]:
    """Start the command at a rate from several processes at once: the slowest run in seconds, and their number."""
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", STORM_SOURCE, str(rate), str(duration_s), *argv],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ},
        )
        for _ in range(processes)
    ]
    results = [worker.communicate()[0].split() for worker in workers]
    return max(float(slowest) for slowest, _ in results), sum(int(count) for _, count in results)
