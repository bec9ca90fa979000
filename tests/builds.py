"""Builds of C sources that tests compare: every source compiled by itself, then linked in the order given."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from funkqa.model.change import ChangedFunction, Changes, CodeChange
from funkqa.pipeline.changed import find_changes
from tests.compiling import tool

OPTIONS = ("-g", "-O2", "-fPIC")

MAIN = """
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
extern int other(int), third(int);
static const char *const names[] = {"zero", "one", "two", "three"};
static const int weights[] = {3, 1, 4, 1, 5, 9, 2, 6};
static int calls;
const double scale = 2.5;
static __attribute__((noinline, used)) int twice(int n) { return 2 * n + calls; }
int branch(int n) {
    switch (n) {
        case 0: return other(1);
        case 1: return third(2) + 5;
        case 2: puts("two it is"); return 7;
        case 3: return twice(n) - 9;
        case 4: return 1 << n;
        case 5: return other(n) * 3;
        default: return -1;
    }
}
int weigh(const char *text) {
    int sum = 0;
    calls++;
    for (int n = 0; n < 8; n++) sum += weights[n] * text[n];
    return sum;
}
const char *name(int n) { return names[n & 3]; }
double scaled(double n) { return n * 1.75 + scale; }
void tell(int n) { printf("%d times\\n", n); }
void leave(int n) { if (n) { fprintf(stderr, "it is over: %d\\n", n); abort(); } }
"""
OTHER = """
static __attribute__((noinline)) int twice(int n) { return 3 * n + 1; }
static __attribute__((noinline)) int once(int n) { return n * n % 7 - 4; }
int other(int n) { return twice(n) + once(n); }
int third(int n) { return once(n) * 12; }
"""
SOURCES = {"main.c": MAIN, "other.c": OTHER}


def build(
    directory: Path,
    sources: Mapping[str, str],
    *options: str,
    order: Iterable[str] = (),
    link: Iterable[str] = ("-shared",),
    compiler: str = "gcc",
) -> Path:
    """A library (or what ``link`` makes of it) of the sources by file name, compiled in ``directory``."""
    directory.mkdir(parents=True)
    for name, text in sources.items():
        (directory / name).write_text(text)
        target = directory / f"{name}.o"
        tool(compiler, *(options or OPTIONS), "-c", "-o", str(target), str(directory / name))
    objects = [str(directory / f"{name}.o") for name in order or sources]
    library = directory / "libbuilt.so"
    tool(compiler, "-o", str(library), *(option for option in options if option.startswith("-f")), *link, *objects)
    return library


def changed(old: Path, new: Path) -> Changes:
    return find_changes(str(old), str(new))


def found(changes: Changes) -> dict[str, set[str]]:
    """The names of the functions by their change; changes that nothing has are left out."""
    names: dict[str, set[str]] = {}
    for function in changes.functions:
        names.setdefault(function.change.value, set()).add(function.name)
    return names


def one(changes: Changes, change: CodeChange) -> ChangedFunction:
    (function,) = (each for each in changes.functions if each.change is change)
    return function
