"""What it takes to know all functions of a file: symbols, declared lines, readable names, places for probes.

``python -m tests.bench.inventory`` prints wall and CPU time without (cold) and with (warm) a filled cache.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from funkqa.model.package import OwnedFile, Package
from funkqa.model.place import Place
from funkqa.model.recipe import Measure
from funkqa.pipeline import debugfiles, ownership, planning
from tests.bench.timing import row
from tests.bench.works import PACKAGES
from tests.memory import most_resident_kb

LIBLLVM = Path("/usr/lib/x86_64-linux-gnu/libLLVM-14.so.1")
OPENSSL = ("openssl-debuginfo", "libopenssl3", "libopenssl3-debuginfo")
MANY = 300_000
BODY = "push %rbp\nmov %rsp,%rbp\npop %rbp\nret\n"


def main() -> None:
    row(
        "inventory, lines, names and places",
        "functions",
        "debug file",
        "rest, cold",
        "warm",
        "CPU, cold",
        "memory",
    )
    with tempfile.TemporaryDirectory(prefix="funkqa-bench-inventory-") as directory:
        folder = Path(directory)
        libcrypto = unpacked(folder / "openssl")
        _measure("libcrypto with its debug and dwz files", libcrypto, "/usr/lib64/libcrypto.so.3")
        if LIBLLVM.exists():
            _measure("libLLVM-14 without debuginfo", Path("/"), str(LIBLLVM.resolve()))
        _measure(f"{MANY:,} functions of C++, not stripped", Path("/"), str(many_mangled(folder, MANY)))


def unpacked(root: Path) -> Path:
    """The files of openssl's packages of the tests."""
    (root / "var/lib/rpm").mkdir(parents=True)
    for name in OPENSSL:
        (package,) = PACKAGES.glob(f"{name}-[0-9]*.rpm")
        content = subprocess.run(["rpm2cpio", package], check=True, capture_output=True).stdout
        subprocess.run(["cpio", "-idmu", "--quiet"], cwd=root, input=content, check=True)
    return root


def many_mangled(folder: Path, count: int) -> Path:
    """A library with DWARF and mangled names; assembled, because a compiler takes minutes for it."""
    source, library = folder / "many.s", folder / "libmany.so"
    with source.open("w") as stream:
        stream.write(".text\n")
        for number in range(count):
            # bench::Widget12::method34(std::vector<int, std::allocator<int> > const&)
            owner, method = f"Widget{number // 100}", f"method{number}"
            name = f"_ZN5bench{len(owner)}{owner}{len(method)}{method}ERKSt6vectorIiSaIiEE"
            stream.write(f".globl {name}\n.type {name},@function\n{name}:\n{BODY}.size {name},.-{name}\n")
    subprocess.run(["gcc", "-g", "-Wl,--build-id", "-shared", "-nostdlib", "-o", library, source], check=True)
    return library


def _measure(name: str, root: Path, path: str) -> None:
    with tempfile.TemporaryDirectory(prefix="funkqa-bench-cache-") as cache:
        cold, warm = (_child(root, path, cache) for _ in range(2))
    row(
        name,
        f"{cold['functions']:,.0f}",
        f"{cold['find_s']:.2f} s",
        f"{cold['plan_s']:.2f} s",
        f"{warm['plan_s']:.2f} s",
        f"{cold['cpu_s']:.2f} s",
        f"{cold['memory_mb']:.0f} MB",
    )


def _child(root: Path, path: str, cache: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.inventory", str(root), path],
        env={**os.environ, "FUNKQA_CACHE": cache, "DEBUGINFOD_URLS": ""},
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def child(root: Path, path: str) -> None:
    place = Place(root)
    package = Package(ownership.NO_PACKAGE, "", (OwnedFile(path, 0o755, 0),))
    with ExitStack() as undo:
        elves, unmeasured = ownership.hold_elf_files(place, (package,), False, undo)
        start = time.perf_counter()
        debug_files = debugfiles.find(place, elves, undo)
        found, cpu = time.perf_counter(), _cpu_s()
        plan = planning.plan_probes(elves, debug_files, unmeasured, Measure())
        figures = {
            "find_s": found - start,
            "plan_s": time.perf_counter() - found,
            "cpu_s": _cpu_s() - cpu,
            "functions": len(plan.images[0].functions),
            "memory_mb": most_resident_kb() / 1024,
        }
    print(json.dumps(figures))


def _cpu_s() -> float:
    """CPU time of this process and of those that it has waited for."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in both)


if __name__ == "__main__":
    child(Path(sys.argv[1]), sys.argv[2]) if len(sys.argv) == 3 else main()
