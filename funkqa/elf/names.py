"""Names of symbols: what belongs to the function, and what the compiler and linker added."""

import re

CLONE = re.compile(r"(\.(cold|localalias|(part|constprop|isra|lto_priv|llvm|clone)\.\d+|lto_priv))+(\.\d+)?$")
"""Suffixes that GCC and LLVM put on copies of a function; not part of its identity."""

COLD = re.compile(r"\.cold(\.\d+)?$")
"""The unlikely part of a function, moved out of line: no function of its own."""

GLUE = frozenset(
    """
    _start _init _fini _dl_relocate_static_pie __libc_csu_init __libc_csu_fini __gmon_start__ call_weak_fn
    deregister_tm_clones register_tm_clones __do_global_dtors_aux __do_global_ctors_aux frame_dummy
    __stack_chk_fail_local
    """.split()
)
"""Code of crt1.o, crti.o and crtbegin.o, which is in every image and in no source of the package."""

GLUE_PREFIXES = ("__x86.get_pc_thunk.", "__x86_return_thunk", "__x86_indirect_thunk")


def linkage_name(symbol: str) -> str:
    """The name without symbol version and clone suffixes: ``f.constprop.0`` and ``f@@V2`` are ``f``."""
    unversioned = symbol.partition("@")[0] if not symbol.startswith("@") else symbol
    return CLONE.sub("", unversioned) or unversioned


def is_cold_part(symbol: str) -> bool:
    return COLD.search(symbol) is not None


def is_glue(name: str) -> bool:
    return name in GLUE or name.startswith(GLUE_PREFIXES)
