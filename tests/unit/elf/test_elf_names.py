"""What belongs to a function's name, and what compilers and linkers added."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funkqa.elf.names import is_cold_part, is_glue, linkage_name, original, unadorned


@pytest.mark.parametrize(
    "symbol",
    """
    f f.cold f.cold.3 f.part.0 f.constprop.12 f.isra.0 f.lto_priv.7 f.lto_priv f.localalias f.llvm.1234567890
    f.clone.2 f.isra.0.cold f.constprop.0.isra.0 f.part.0.constprop.1 f.lto_priv.0.cold f.lto_priv.1.lto_priv.0
    f@V1 f@@V1 f@@GLIBC_2.34 f.part.0@@V1
    """.split(),
)
def test_clone_suffixes_and_versions_are_no_part_of_a_name(symbol: str) -> None:
    assert linkage_name(symbol) == "f"


@pytest.mark.parametrize(
    "symbol",
    "main f.1 f.cold_start f.partial part.0x f.constprop cold _ZN3barEv main.main .cold @ @@V1 f_cold".split(),
)
def test_all_else_is_part_of_a_name(symbol: str) -> None:
    assert linkage_name(symbol) == symbol


@given(st.text())
def test_a_name_is_never_lost_and_its_linkage_name_is_its_own(symbol: str) -> None:
    name = linkage_name(symbol)
    assert bool(name) == bool(symbol)
    assert symbol.startswith(unadorned(symbol))
    assert linkage_name(name) == name
    assert original(original(symbol)) == original(symbol)


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        # rustc 1.63, legacy: "core::ptr::drop_in_place" and a method of a trait.
        ("_ZN4core3ptr13drop_in_place17h0123456789abcdefE", "_ZN4core3ptr13drop_in_placeE"),
        ("_ZN4core3ptr13drop_in_place17h0123456789abcdefE.llvm.77", "_ZN4core3ptr13drop_in_placeE"),
        # rustc, v0: the crates' disambiguators change, not the names.
        ("_RNvCs4fqI2P2rA04_7mycrate3foo", "_RNvC7mycrate3foo"),
        ("_RINvNtC3std3mem8align_ofjdE", "_RINvNtC3std3mem8align_ofjdE"),
        ("_ZN3foo3barEv", "_ZN3foo3barEv"),
    ],
)
def test_hashes_of_rusts_crates_are_no_part_of_a_name(symbol: str, name: str) -> None:
    assert linkage_name(symbol) == name


@pytest.mark.parametrize(
    ("symbol", "source"),
    [
        ("f.constprop.0", "f"),
        ("f.isra.0.part.1", "f"),
        ("f.lto_priv.0.constprop.1", "f.lto_priv.0"),
        ("f.constprop.0.lto_priv.3", "f"),
        ("_ZThn16_N1C1gEi", "_ZN1C1gEi"),
        ("_ZTv0_n24_N1C1gEi", "_ZN1C1gEi"),
        ("_ZTch0_h16_N1C1gEv", "_ZN1C1gEv"),
        ("_DTi16_D3dub1C1gMFZv", "_D3dub1C1gMFZv"),
        *(
            (name, name)
            for name in ("f", "f.lto_priv.0", "f.llvm.12", "f.localalias", "_ZTV1C", ".part.0", "_DTi16_x")
        ),
    ],
)
def test_a_copy_or_a_thunk_tells_what_it_is_a_copy_of(symbol: str, source: str) -> None:
    assert original(symbol) == source


@pytest.mark.parametrize(
    ("symbol", "cold"),
    [("f.cold", True), ("f.cold.1", True), ("f.isra.0.cold", True), ("f.part.0", False), ("cold", False)],
)
def test_a_cold_part_is_known_by_its_last_suffix(symbol: str, cold: bool) -> None:
    assert is_cold_part(symbol) is cold


@pytest.mark.parametrize(
    ("name", "glue"),
    [
        *((name, True) for name in ("_start", "_init", "_fini", "frame_dummy", "register_tm_clones")),
        ("__x86.get_pc_thunk.bx", True),
        ("__x86_indirect_thunk_rax", True),
        *((name, True) for name in ("_GLOBAL__sub_I_main", "_ZTHN1C1tE", "_ZTWN1C1tE", "work.resolver")),
        *((name, False) for name in ("main", "start", "_starting", "__do_global", "init")),
    ],
)
def test_glue_is_known_by_name(name: str, glue: bool) -> None:
    assert is_glue(name) is glue
