"""A root with images and debug files as rpm lays them out, made by gcc and objcopy."""

import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from funkqa.debuginfo import locate
from funkqa.debuginfo.cache import Cache
from funkqa.debuginfo.debuginfod import Servers
from funkqa.debuginfo.declarations import describe
from funkqa.debuginfo.sources import Sources, find_symbols
from funkqa.debuginfo.symbols import read_symbols
from funkqa.model.place import Place
from funkqa.model.plan import DebugFile, Declaration
from tests.compiling import shared, tool

SOURCE = """
struct shape { int width, height; char name[40]; double weight; struct shape *next; };
static __attribute__((noinline)) int hidden_%s(struct shape *s) { return s->width * s->height; }
static inline __attribute__((always_inline)) int twice(int n) { return 2 * n; }
int visible_%s(struct shape *s) { return hidden_%s(s) + twice((int)s->weight); }
"""


class Root:
    """A root with images and their debug files below /usr/lib/debug, and a cache beside it."""

    def __init__(self, top: Path) -> None:
        self.place, self.cache, self.work = Place(top / "root"), top / "cache", top / "work"
        for directory in (self.place.root / "usr/lib/debug/.build-id", self.work):
            directory.mkdir(parents=True)

    def library(self, name: str, *options: str) -> Path:
        """A stripped library in the root, and its debug file beside it in ``work``."""
        path = shared(self.work / name, SOURCE.replace("%s", name), "-g", "-O1", *options, name=f"{name}.c")
        tool("objcopy", "--only-keep-debug", str(path), str(self.debug(name)))
        image = self.place.path(f"/usr/lib64/lib{name}.so")
        image.parent.mkdir(exist_ok=True)
        tool("objcopy", "--strip-all", f"--add-gnu-debuglink={self.debug(name)}", str(path), str(image))
        return image

    def debug(self, name: str) -> Path:
        return self.work / f"{name}.debug"

    def install_debug(self, name: str, image: Path) -> Path:
        """Put the debug file of ``name`` where the image's build ID leads."""
        target = self.place.path(locate.debug_path(locate.facts_of(image).build_id))
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.debug(name), target)
        return target

    def find(self, image: Path, urls: str = "", place: Place | None = None) -> DebugFile:
        """The symbols of an image, also from the debuginfod servers ``urls``."""
        inside = f"/{image.relative_to(self.place.root)}" if image.is_relative_to(self.place.root) else str(image)
        with ExitStack() as undo:
            cache = Cache(self.cache, undo)
            sources = Sources(place or self.place, cache, Servers(urls, cache))
            return find_symbols(sources, image, inside, locate.facts_of(image))

    def kept(self) -> list[Path]:
        """All files in the cache."""
        return sorted(path for path in self.cache.rglob("*") if path.is_file())


def functions(debug: DebugFile, image: Path, also: str = "_a") -> set[str]:
    """The names of the image's functions that belong to its source, and those that begin with ``also``."""
    with image.open("rb") as stream:
        names = {symbol.name for symbol in read_symbols(debug, stream, str(image))}
    return {name for name in names if name.endswith("_a") or name.startswith(also)}


def declared(debug: DebugFile, image: Path) -> Mapping[str, Declaration]:
    """The declarations of the image's functions by their names."""
    with image.open("rb") as stream:
        symbols = read_symbols(debug, stream, str(image))
    found = describe(debug, symbols).declarations
    return {symbol.name: found[symbol.vaddr] for symbol in symbols if symbol.vaddr in found}
