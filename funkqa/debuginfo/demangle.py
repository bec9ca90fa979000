"""Human-readable names of C++ and Rust functions, by c++filt of binutils."""

from collections.abc import Iterable, Mapping

from funkqa.system import process

MANGLED = ("_Z", "_R", "__Z")


def demangle(names: Iterable[str]) -> Mapping[str, str]:
    """The names that have a readable form, with it. One process for all of them."""
    mangled = sorted({name for name in names if name.startswith(MANGLED) and "\n" not in name})
    if not mangled:
        return {}
    completed = process.run(
        ["c++filt", "-i"], stdin="\n".join(mangled) + "\n", hint="install binutils, which has c++filt"
    )
    readable = completed.stdout.splitlines()
    return {name: clear for name, clear in zip(mangled, readable, strict=True) if clear != name}
