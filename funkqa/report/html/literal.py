"""Texts of several lines for the page."""

from funkqa.report.plain import plain


class Block(str):
    """Text of several lines, whose newlines and tabs mean what they say."""

    __slots__ = ()


def literal_lines(text: str) -> Block:
    """The text with everything visible that a page would hide or obey; the count of its lines stays."""
    return Block(plain(text))
