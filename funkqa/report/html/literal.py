"""Names and texts as they are, with every character that a page would hide or obey made visible.

Symbol tables, RPM headers and recipes are written by others: a name may hold line ends, escape sequences,
overrides of the writing direction (which would show a name other than it is) or bytes that are no UTF-8.
"""

import re

_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
# Controls, soft hyphen, marks and overrides of direction, zero-width characters, surrogates, noncharacters.
_HIDDEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    r"\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
_HIDDEN_BUT_LAYOUT = re.compile(rf"(?![\n\t]){_HIDDEN.pattern}")


class Block(str):
    """Text of several lines, whose newlines and tabs mean what they say."""

    __slots__ = ()


def literal(text: str) -> str:
    r"""One line: ``a\nb``, ``\x1b[31m``, ``\u202e``; bytes that were no UTF-8 stand as ``\xff``."""
    return text if text.isprintable() else _HIDDEN.sub(_visible, text)


def literal_lines(text: str) -> Block:
    """The same for a text of several lines; the count of its lines stays."""
    return Block(_HIDDEN_BUT_LAYOUT.sub(_visible, text.replace("\r\n", "\n")))


def _visible(found: re.Match[str]) -> str:
    character = found.group()
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that Python's surrogateescape has carried through
        code -= 0xDC00
    if character in _SHORT:
        return _SHORT[character]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
