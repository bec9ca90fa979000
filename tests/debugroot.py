"""A root with images and debug files as rpm lays them out, made by gcc and objcopy."""

import shutil
from pathlib import Path

from funkqa.debuginfo import locate
from funkqa.debuginfo.merge import find_symbols
from funkqa.elf.image import read_function_symbols
from funkqa.model.place import Place
from funkqa.model.plan import DebugFile
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

    def find(self, image: Path) -> DebugFile:
        return find_symbols(self.place, image, locate.facts_of(image), self.cache)


def functions(debug: DebugFile) -> set[str]:
    with debug.symbols.open("rb") as stream:
        return {symbol.name for symbol in read_function_symbols(stream, "symbols") if symbol.name.endswith("_a")}
