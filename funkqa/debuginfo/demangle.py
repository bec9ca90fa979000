"""Human-readable names of functions of C++, Rust, D, Fortran and Go; c++filt of binutils knows the first three."""

import re
from collections.abc import Iterable, Mapping, Sequence

from funkqa.system import process

STYLES = {"auto": ("_Z", "_R", "__Z"), "dlang": ("_D",)}
"""Styles of c++filt, and what the names begin with that it reads in them. ``auto`` leaves out D."""

FORTRAN = re.compile(r"__([A-Za-z]\w*?)_MOD_([A-Za-z]\w*)")
"""GNU Fortran calls the procedure ``area`` of the module ``shapes`` ``__shapes_MOD_area``."""

RETURN_SCOPE, AS_READ = "NkM", "MNk"
"""D compilers write the two attributes of a ``return scope`` parameter in either order; binutils, up to 2.47 at
least, reads the second only. Both are of one length, so that back references stay right."""

GO_ESCAPE = re.compile(r"%([0-9a-f]{2})")
"""In import paths: ``gopkg.in/yaml%2ev3.Unmarshal``."""


def demangle(names: Iterable[str]) -> Mapping[str, str]:
    """The names that have a readable form, with it. One process for each style, whatever the number of names."""
    known = {name for name in names if name.startswith("_") or "%" in name}
    readable = {name: clear for name in known if (clear := _plainly(name)) != name}
    for style, prefixes in STYLES.items():
        mangled = sorted(name for name in known if name.startswith(prefixes) and "\n" not in name)
        readable |= {name: clear for name, clear in _filtered(mangled, style) if clear != name}
    swapped = {
        name: name.replace(RETURN_SCOPE, AS_READ) for name in known - readable.keys() if name.startswith("_D")
    }
    again = dict(_filtered(sorted({name for name in swapped.values() if AS_READ in name}), "dlang"))
    for name, other in swapped.items():
        clear = again.get(other, other)
        if clear != other and AS_READ not in clear:  # else it was part of an identifier
            readable[name] = clear
    return readable


def _plainly(name: str) -> str:
    """What needs no program."""
    if module := FORTRAN.fullmatch(name):
        return f"{module[1]}::{module[2]}"
    return GO_ESCAPE.sub(lambda escaped: chr(int(escaped[1], 16)), name) if "%" in name else name


def _filtered(mangled: Sequence[str], style: str) -> Iterable[tuple[str, str]]:
    if not mangled:
        return ()
    completed = process.run(
        ["c++filt", "--no-verbose", f"--format={style}"],
        stdin="\n".join(mangled) + "\n",
        hint="install binutils, which has c++filt",
    )
    return zip(mangled, completed.stdout.splitlines(), strict=True)
