"""Later builds of packages, each with one thing changed; rpmbuild makes each of them in folders of its own.

``python -m tests.variants`` builds all that aren't there; tests build what they lack.
"""

import os
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import product
from pathlib import Path

ROOT = Path(__file__).parents[1]
SPECS = ROOT / "tests/packages"
BUILT = ROOT / ".cache/packages"

SMALL = ("bzip2", "labshapes")
FLAVOURS = ("suse", "fedora")
LTO = (True, False)
PATCHES = ("three", "inline", "comment", "lines", "string")
"""What tests/packages/variants/PACKAGE has a patch for."""

OPTIONS: dict[str, Callable[[str], str]] = {
    "plain": lambda macros: macros,
    "flag": lambda macros: macros.replace("-O2 ", "-O3 "),
    # Build services count rebuilds behind the release; the folder has another name too.
    "rebuilt": lambda macros: macros.replace("%dist .", "%dist .2.") + "%_builddir %{_topdir}/elsewhere\n",
}
"""Other ways to build, by what they make of the macros of a flavour."""

LARGE = (("gzip", "suse"), ("gzip", "fedora"), ("qpdf", "suse"))
"""What is only rebuilt, to be compared with the build for all other tests."""


def first(package: str, flavour: str) -> Path:
    """The folder of the RPMs that all other tests use."""
    _run(SPECS / "build", "--flavour", flavour, package)
    return BUILT / flavour / "repo"


@cache
def variant(name: str, flavour: str, lto: bool = True, packages: tuple[str, ...] = SMALL) -> Path:
    """The folder of the RPMs that a variant of packages comes to."""
    parts = (name, *(() if lto else ("nolto",)), *(() if packages == SMALL else packages))
    into = BUILT / "variants" / "-".join(parts)
    rules = into / "rules"
    _write(rules / "build", (SPECS / "build").read_text())
    (rules / "build").chmod(0o755)
    _write(rules / "macros/common", (SPECS / "macros/common").read_text())
    _write(rules / f"macros/{flavour}", _macros((SPECS / f"macros/{flavour}").read_text(), name, lto))
    for package in packages:
        _write(rules / f"{package}.spec", (SPECS / f"{package}.spec").read_text())
        own = SPECS / package
        sources = {path.name: path for path in own.iterdir()} if own.is_dir() else {}
        if name in PATCHES:
            sources["changes.patch"] = SPECS / "variants" / package / f"{name}.patch"
        for file, path in sources.items():
            _write(rules / package / file, path.read_text())
        if not own.is_dir() and not list((BUILT / "source").glob(f"{package}_*.dsc")):
            first(package, flavour)  # it fetches the sources, which all share
    if not (into / "source").exists():
        (into / "source").symlink_to(BUILT / "source")
    _run("nice", rules / "build", "--flavour", flavour, "--into", into, *packages)
    return into / flavour / "repo"


def _macros(text: str, name: str, lto: bool) -> str:
    if not lto:
        text = text.replace(" -flto=auto", "").replace(" -ffat-lto-objects", "").replace("-flto=auto ", "")
    changes = "%changes %{local_sources}/changes.patch\n" if name in PATCHES else ""
    return OPTIONS.get(name, OPTIONS["plain"])(text) + changes


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    if "up to date" not in done.stdout:
        print(f"{command[-2]} {done.stdout}", end="", flush=True)


def main() -> None:
    # Two flavours of a variant share a folder, and so a lock: their builds are kept apart.
    small = [(name, flavour, lto) for flavour, lto, name in product(FLAVOURS, LTO, (*OPTIONS, *PATCHES))]
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        large = [pool.submit(variant, "rebuilt", flavour, True, (package,)) for package, flavour in LARGE]
        for each in [*(pool.submit(variant, *every) for every in small), *large]:
            each.result()


if __name__ == "__main__":
    main()
