"""Names as people read them, of C++, Rust, D (from Debian's dub), Fortran and Go."""

import pytest

from funkqa.debuginfo.demangle import demangle

MOVE = "core.lifetime.move!(void[]).move(scope return ref void[])"
NAMES = {
    "_ZN3foo3barEv": "foo::bar()",
    "_ZN3boxIiE3putEi": "box<int>::put(int)",
    "_ZNSt6vectorIiSaIiEE9push_backEOi": "std::vector<int, std::allocator<int> >::push_back(int&&)",
    "_ZN4core3fmt9Formatter9write_str17h0123456789abcdefE": "core::fmt::Formatter::write_str",
    "_RNvNtCs4fqI2P2rA04_4core3mem4swap": "core::mem::swap",
    "_RNvMs_CsabcDEF_7mycrateNtB4_4Type3new": "<mycrate::Type>::new",
    "_D3std4conv__T6toImplTAyaTEQz5regex8internal2ir2IRZQBlFNaNfQBhZQBp": None,
    "_D3std5range10primitives__T5emptyTAwZQkFNaNbNdNiNfMKQsZb": None,
    # "return scope" in the order that binutils reads, and in the other one.
    "_D4core8lifetime__T4moveTAvZQjFNaNbNiNfMNkKQsZQv": MOVE,
    "_D4core8lifetime__T4moveTAvZQjFNaNbNiNfNkMKQsZQv": MOVE,
    "_D3abc5NkMxxFNkMKAvZv": None,
    "_Dmain": "D main",
    "__shapes_MOD_area": "shapes::area",
    "gopkg.in/yaml%2ev3.Unmarshal": "gopkg.in/yaml.v3.Unmarshal",
}


def test_every_language_has_its_readable_form() -> None:
    readable = demangle(NAMES)
    assert {name: readable[name] for name, wanted in NAMES.items() if wanted} == {
        name: wanted for name, wanted in NAMES.items() if wanted
    }
    assert readable["_D3std5range10primitives__T5emptyTAwZQkFNaNbNdNiNfMKQsZb"].startswith("std.range.primitives.")
    assert "_D3abc5NkMxxFNkMKAvZv" not in readable


@pytest.mark.parametrize("name", ["main", "_Z", "_ZN", "_start", "_R", "_D", "__MOD_", "", "line\nbreak", "_Z\n"])
def test_other_names_stay_as_they_are(name: str) -> None:
    assert demangle([name]) == {}
