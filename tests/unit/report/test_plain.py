import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funkqa.report.plain import decoded, one_line, plain, printable_ascii, spelled, uncoloured

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[1;31mred\x1b[0m", "\\x1b[1;31mred\\x1b[0m"),
        ("\x9b31mred", "\\x9b31mred"),
        ("\x1b]0;title\x07shown", "\\x1b]0;title\\x07shown"),
        ("\x1b]never ended\nnext line", "\\x1b]never ended\nnext line"),
        ("10%\r20%\r\nend\x85\u2028", "10%\\r20%\nend\\x85\\u2028"),
        ("bell\x07 null\x00 \u202edir", "bell\\x07 null\\x00 \\u202edir"),
        ("a\u202eb\u2066c\u200f", "a\\u202eb\\u2066c\\u200f"),
        ("byte \udcff half \ud800", "byte \\xff half \\ud800"),
        ("\ufeffzero\u200bwidth\xad\u3164", "\\ufeffzero\\u200bwidth\\xad\\u3164"),
        ("tag \U000e0041 \ufffe\uffff", "tag \\U000e0041 \\ufffe\\uffff"),
        ("tab\tand \u20ac \u05d0\u05d1 \U0001f600 stay", "tab\tand \u20ac \u05d0\u05d1 \U0001f600 stay"),
    ],
)
def test_what_can_t_be_printed_is_made_visible_and_nothing_is_left_out(text: str, shown: str) -> None:
    assert plain(text) == shown
    assert spelled(text.replace("\r\n", "\n")) == shown.replace("\n", "\\n").replace("\t", "\\t")


@given(ANY_TEXT)
def test_what_is_plain_has_no_control_characters_and_is_utf_8(text: str) -> None:
    shown = plain(text)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", shown)
    shown.encode()
    assert plain(shown) == shown


@given(ANY_TEXT)
def test_no_character_is_lost(text: str) -> None:
    """Read back as Python reads its own escapes, the text is what it was."""
    backslashes = text.replace("\\", "/")
    read = spelled(backslashes).encode("latin-1", "backslashreplace").decode("unicode_escape")
    assert read == "".join(chr(ord(c) - 0xDC00) if 0xDC80 <= ord(c) <= 0xDCFF else c for c in backslashes)


def test_one_line_has_no_line_end_and_loses_no_other_character() -> None:
    assert one_line(" a\n\tb\u2028c \x1b[31m\u202e\u200f") == "a b\\u2028c \\x1b[31m\\u202e\\u200f"


@given(ANY_TEXT)
def test_what_is_spelled_can_be_printed(text: str) -> None:
    shown = spelled(text)
    assert shown.isprintable()
    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    shown.encode()
    assert spelled(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[01;31m\x1b[Khit\x1b[m\x1b[K", "hit"),
        ("\x1b[38:5:196mred\x1b[0m", "red"),
        ("\x1b[2Jgone \x1b[K \x1b[31", "\x1b[2Jgone \x1b[K \x1b[31"),
        ("\x1b]0;title\x07", "\x1b]0;title\x07"),
    ],
)
def test_colours_are_left_out_and_no_other_sequence(text: str, shown: str) -> None:
    assert uncoloured(text) == shown


def test_a_name_of_other_characters_is_spelled_in_ascii() -> None:
    assert printable_ascii("caf\u00e9 \u20ac\x1b[0m") == "caf\\xe9 \\u20ac\\x1b[0m"


def test_bytes_that_are_no_utf_8_are_spelled() -> None:
    assert decoded(b"ok \xe2\x82\xac \xff") == "ok \u20ac \\xff"
