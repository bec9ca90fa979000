import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funkqa.report.plain import decoded, one_line, plain, printable_ascii, spelled


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("\x1b]0;title\x07shown", "shown"),
        ("\x1b]8;;http://example.org\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]never ended\nnext line", "\nnext line"),
        ("\x1b(Bcharset", "charset"),
        ("10%\r20%\r\nend", "10%\n20%\nend"),
        ("bell\x07 null\x00 \u202edir", "bell null dir"),
        ("\ud800\ufffe\uffff", ""),
        ("tab\tand \u20ac stay", "tab\tand \u20ac stay"),
    ],
)
def test_escape_sequences_and_control_characters_are_stripped(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(st.text(st.characters(exclude_categories=())))
def test_what_is_plain_has_no_control_characters_and_is_utf_8(text: str) -> None:
    shown = plain(text)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", shown)
    shown.encode()
    assert plain(shown) == shown


def test_one_line_has_no_line_end_and_loses_no_other_character() -> None:
    assert one_line(" a\n\tb\u2028c \x1b[31m\u202e\u200f") == "a b c \\x1b[31m\\u202e\\u200f"


@given(st.text(st.characters(exclude_categories=())))
def test_what_is_spelled_can_be_printed(text: str) -> None:
    assert spelled(text).isprintable()
    spelled(text).encode()
    assert spelled(text) == text or not text.isprintable()


def test_a_name_of_other_characters_is_spelled_in_ascii() -> None:
    assert printable_ascii("caf\u00e9 \u20ac\x1b[0m") == "caf\\xe9 \\u20ac\\x1b[0m"


def test_bytes_that_are_no_utf_8_are_spelled() -> None:
    assert decoded(b"ok \xe2\x82\xac \xff") == "ok \u20ac \\xff"
