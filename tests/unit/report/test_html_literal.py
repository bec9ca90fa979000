import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funkqa.report.html.literal import literal, literal_lines


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('operator<(a&, "b")', 'operator<(a&, "b")'),
        ("two\nlines\tand\r", "two\\nlines\\tand\\r"),
        ("\x1b[31mred\x00\x7f\x9b", "\\x1b[31mred\\x00\\x7f\\x9b"),
        ("a\u202eb\u2066c\u200f", "a\\u202eb\\u2066c\\u200f"),
        ("byte \udcff half \ud800", "byte \\xff half \\ud800"),
        ("\ufeffzero\u200bwidth\xad", "\\ufeffzero\\u200bwidth\\xad"),
        ("\u05d0\u05d1 \u20ac \U0001f600", "\u05d0\u05d1 \u20ac \U0001f600"),
        ("tag \U000e0041", "tag \\U000e0041"),
    ],
)
def test_hidden_characters_become_visible_and_others_stay(text: str, shown: str) -> None:
    assert literal(text) == shown


def test_lines_stay_lines() -> None:
    assert literal_lines("a\tb\r\nc\x0cd\n") == "a\tb\nc\\x0cd\n"


@given(st.text(alphabet=st.characters()))
def test_nothing_hidden_is_left_of_any_text(text: str) -> None:
    shown = literal(text)
    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]
    assert not [
        c
        for c in shown
        if unicodedata.bidirectional(c) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
    ]
    shown.encode()


@given(st.text(alphabet=st.characters()))
def test_a_text_keeps_the_count_of_its_lines(text: str) -> None:
    assert literal_lines(text).count("\n") == text.count("\n")
