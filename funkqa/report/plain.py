"""Text that is safe to show: file names, function names and output of programs are not.

Control characters and escape sequences would reach a terminal, a web page or an XML parser.
"""

import re

# ECMA-48: CSI ... final byte; OSC, DCS, SOS, PM, APC ... ST or BEL (cut at the end of the line if open); others.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|\x1b[]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]?"
)
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Controls but tab and newline, bidirectional marks and overrides, surrogates, and noncharacters that XML forbids.
_UNSAFE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def plain(text: str) -> str:
    """The text with newlines and tabs, without escape sequences and other control characters."""
    return _UNSAFE.sub("", _LINE_ENDS.sub("\n", _ESCAPES.sub("", text)))


def one_line(text: str) -> str:
    """The text as one line, each run of white space one space; what can't be printed stands as in ``spelled``."""
    return spelled(" ".join(text.split()))


def spelled(text: str) -> str:
    """A name in one line with nothing left out: what can't be printed stands as ``\\x1b`` or ``\\u202e``."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def decoded(output: bytes) -> str:
    """What a program wrote, as UTF-8; bytes that are none stand as ``\\xff``."""
    return output.decode("utf-8", "backslashreplace")


def printable_ascii(text: str) -> str:
    """One line of printable ASCII; other characters stand as ``\\u20ac``."""
    return one_line(text).encode("ascii", "backslashreplace").decode()
