from hypothesis import given
from hypothesis import strategies as st

from funkqa.report.html.literal import literal_lines


def test_lines_stay_lines() -> None:
    assert literal_lines("a\tb\r\nc\x0cd\n") == "a\tb\nc\\x0cd\n"


@given(st.text(alphabet=st.characters()))
def test_a_text_keeps_the_count_of_its_lines(text: str) -> None:
    assert literal_lines(text).count("\n") == text.count("\n")
