r"""Text that is safe to show: file names, function names and output of programs are not.

They are written by others: control characters, escape sequences and overrides of the writing direction would reach
a terminal, a web page or an XML parser, or show a name other than it is. One notation makes them visible in every
format, and nothing is left out: ``\x1b``, ``\u202e``; bytes that are no UTF-8 stand as ``\xff``. (JSON holds the
characters themselves, in a notation of its own.)
"""

import re

_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
# Letters that have no shape.
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0")
_NOT_ASCII = re.compile(r"[^ -~]+")
_NOT_ASCII_OR_LAYOUT = re.compile(r"[^ -~\n\t]+")
_SPACES = re.compile(r"[ \t\r\n]+")
_SURROGATES = re.compile("[\ud800-\udfff]+")
# ECMA-48 8.3.117, Select Graphic Rendition; and Erase in Line behind it, with which grep(1) ends every colour.
_COLOURS = re.compile(r"\x1b\[[0-9;:]*m(?:\x1b\[K)?")


def plain(text: str) -> str:
    r"""The text with its newlines and tabs; what can't be printed is made visible. ``\r\n`` is a newline."""
    return _NOT_ASCII_OR_LAYOUT.sub(_visible, text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """A sentence as one line, runs of white space one space; what can't be printed is made visible."""
    return spelled(_SPACES.sub(" ", text).strip(" "))


def spelled(text: str) -> str:
    r"""A name in one line, nothing left out: what can't be printed stands as ``\n``, ``\x1b`` or ``\u202e``."""
    return text if text.isascii() and text.isprintable() else _NOT_ASCII.sub(_visible, text)


def uncoloured(text: str) -> str:
    """Without the sequences that set colours, which openQA's pages don't show; all others stay."""
    return _COLOURS.sub("", text)


def encodable(text: str) -> str:
    r"""The text as UTF-8 can hold it: bytes of a file's name that are none stand as ``\xff``."""
    return _SURROGATES.sub(_visible, text)


def decoded(output: bytes) -> str:
    r"""What a program wrote, as UTF-8; bytes that are none stand as ``\xff``."""
    return output.decode("utf-8", "backslashreplace")


def printable_ascii(text: str) -> str:
    r"""One line of printable ASCII; other characters stand as ``\u20ac``."""
    return spelled(text).encode("ascii", "backslashreplace").decode()


def _visible(found: re.Match[str]) -> str:
    run = found.group()
    if run.isprintable() and _FILLERS.isdisjoint(run):
        return run
    return "".join(each if each.isprintable() and each not in _FILLERS else _escape(each) for each in run)


def _escape(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that Python's surrogateescape has carried through
        code -= 0xDC00
    if character in _SHORT:
        return _SHORT[character]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
