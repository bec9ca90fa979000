"""Names of symbols: what belongs to the function, and what compilers and linkers added."""

import re

CLONE = re.compile(
    r"(\.(cold|localalias|(part|constprop|isra|lto_priv|llvm|clone|specialized)\.\d+|lto_priv))+(\.\d+)?$"
)
"""Suffixes that GCC and LLVM put on copies of a function; not part of its identity."""

COPY = re.compile(r"\.(part|constprop|isra|clone|specialized)\.\d+")
"""Of these, what makes a second body for one function of the source. ``lto_priv`` and ``llvm`` only rename one."""

COLD = re.compile(r"\.cold(\.\d+)?$")
"""The unlikely part of a function, moved out of line: no function of its own."""

THUNK = re.compile(
    r"_ZT(?:h(?:n?\d+)_|v(?:n?\d+)_(?:n?\d+)_|c(?:(?:hn?\d+_|vn?\d+_n?\d+_)){2})|(?:_DTi\d+)+(?=_D)"
)
"""A thunk corrects ``this`` and goes on in the function that its name ends with, or holds a copy of it.
Source: "Virtual Tables and RTTI" and ``<special-name>`` of the Itanium C++ ABI, chapter 5.1.4; and those of D."""

THUNKS = ("_ZT", "_DT")
"""What their names begin with."""

RUST_LEGACY_HASH = re.compile(r"17h[0-9a-f]{16}E$")
RUST_CRATE_HASH = re.compile(r"(?<=C)s[0-9A-Za-z]*_(?=\d)")
"""The crate's disambiguator, which changes with the compiler: ``Cs4fqI2P2rA04_4core`` (Rust RFC 2603)."""

RESOLVER = ".resolver"
"""What GCC and LLVM call the function that chooses among the versions of a function (``target_clones``)."""

GLUE = frozenset(
    """
    _start _init _fini _dl_relocate_static_pie __libc_csu_init __libc_csu_fini __gmon_start__ call_weak_fn
    deregister_tm_clones register_tm_clones __do_global_dtors_aux __do_global_ctors_aux frame_dummy
    __stack_chk_fail_local __tls_init __clang_call_terminate __cpu_indicator_init
    """.split()
)
"""Code of crt1.o, crti.o and crtbegin.o, which is in every image and in no source of the package, and the like."""

GLUE_PREFIXES = (
    *("__x86.get_pc_thunk.", "__x86_return_thunk", "__x86_indirect_thunk", "_savegpr", "_restgpr"),
    *("_GLOBAL__sub_I_", "_GLOBAL__sub_D_", "_ZTH", "_ZTW"),
    "_Z41__static_initialization_and_destruction_0",
)
"""Also what calls the constructors of a unit's variables, and what initialises thread-local ones."""


def unadorned(symbol: str) -> str:
    """The name without symbol version and clone suffixes: ``f.constprop.0`` and ``f@@V2`` are ``f``."""
    if "@" in symbol:
        symbol = symbol.partition("@")[0] if not symbol.startswith("@") else symbol
    return (CLONE.sub("", symbol) or symbol) if "." in symbol else symbol


def linkage_name(symbol: str) -> str:
    """The name that a function keeps from build to build: unadorned, and without hashes of Rust's crates."""
    name = unadorned(symbol)
    if name.startswith("_ZN") and name.endswith("E"):
        return RUST_LEGACY_HASH.sub("E", name)
    return RUST_CRATE_HASH.sub("", name) if name.startswith("_R") else name


def original(symbol: str) -> str:
    """The symbol of the function that this is a copy or a thunk of; the symbol itself if it is none.

    ``f.lto_priv.0.constprop.1`` is a copy of ``f.lto_priv.0``, ``_ZThn16_N1C1fEv`` a thunk of ``_ZN1C1fEv``.
    """
    if symbol.startswith(THUNKS) and (thunk := THUNK.match(symbol)):
        symbol = ("_Z" if symbol.startswith("_Z") else "") + symbol[thunk.end() :]
    if "." in symbol and (copy := COPY.search(symbol)) and copy.start():
        return symbol[: copy.start()]
    return symbol


def is_cold_part(symbol: str) -> bool:
    return ".cold" in symbol and COLD.search(symbol) is not None


def is_glue(name: str) -> bool:
    return name in GLUE or name.startswith(GLUE_PREFIXES) or name.endswith(RESOLVER)
