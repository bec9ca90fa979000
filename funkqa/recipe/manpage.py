r"""The examples of a manual page, from its source in man(7) or mdoc(7) (https://man.openbsd.org/mdoc.7).

No formatter: only the sections called EXAMPLES are wanted, as text that a person reads in a comment, and what is
literal there (``.nf``, ``.EX``, ``.Vb``, ``.Bd``, ``.Dl``) stays as it is.
"""

import re
import textwrap
from collections.abc import Iterator

WIDTH = 76

_SECTION = re.compile(r"\.\s*S[Hh]\s+(.*)")
_WANTED = re.compile(r"\bEXAMPLES?\b", re.IGNORECASE)
_COMMENT = re.compile(r"""[.']\s*\\["#]""")
_REQUEST = re.compile(r"[.']\s*(\S*)\s*(.*)")
_LITERAL, _FILLED = ("nf", "EX", "Vb", "Bd"), ("fi", "EE", "Ve", "Ed")
_BREAKS = ("PP", "P", "LP", "Pp", "sp", "RS", "RE", "br", "HP", "It", "TP", "TQ", "IP", "El")
_ALTERNATING = ("BR", "RB", "BI", "IB", "IR", "RI")
_JOINED = ("B", "I", "SM", "SB", "Ar", "Pa", "Cm", "Ic", "Li", "Ql", "Em", "Sy", "Xr", "Nm", "Fl", "Ev", "No")
_MDOC = frozenset(("Ar", "Pa", "Cm", "Ic", "Li", "Ql", "Em", "Sy", "Nm", "Ev", "No", "Ns"))
_GLYPHS = {
    "aq": "'", "dq": '"', "lq": '"', "rq": '"', "oq": "'", "cq": "'", "ga": "`", "ha": "^", "ti": "~", "rs": "\\",
    "bu": "-", "em": "--", "en": "-", "mi": "-", "hy": "-", "bv": "|", "ba": "|", "at": "@", "sh": "#", "Do": "$",
    "L\"": '"', "R\"": '"', "C'": "'", "C`": "`", "Tm": "(TM)", "co": "(C)", "->": "->", "<-": "<-", "fo": "<",
}  # fmt: skip
_ESCAPE = re.compile(
    r"\\(?:f\[[^]]*]|f\(..|f.|s[-+]?\d+|(?:\*|)\((..)|(?:\*|)\[([^]]*)]|n.|h'[^']*'|\*(.)|\"(.*)|(.))"
)


def examples(page: str) -> tuple[str, ...]:
    """The lines of the page's EXAMPLES sections, without blank ones at either end; none without such a section."""
    wanted, lines = False, []
    for line in page.splitlines():
        if heading := _SECTION.match(line):
            wanted = bool(_WANTED.search(heading[1]))
        elif wanted:
            lines.append(line)
    text = "\n".join(_formatted(lines))
    return tuple(re.sub(r"\n{3,}", "\n\n", text).strip("\n").splitlines())


def _formatted(lines: list[str]) -> Iterator[str]:
    literal, words = False, list[str]()
    for line in lines:
        if _COMMENT.match(line):
            continue
        text, name = line, ""
        if line.startswith((".", "'")) and (request := _REQUEST.match(line)):
            name, rest = request.groups()
            text = _said(name, rest)
        if name in (*_LITERAL, *_FILLED, *_BREAKS, "SS", "Ss", "Dl", "D1") or not (literal or line.strip()):
            yield from _filled(words)
            words = []
            literal = name in _LITERAL or (literal and name not in _FILLED)
            if name in ("SS", "Ss"):
                yield from ("", f"{_plain(text)}:" if text else "")
                continue
            if name in ("Dl", "D1"):
                yield f"    {_plain(text)}"
                continue
            yield ""
        if literal and (not name or text):
            yield f"    {_plain(text)}".rstrip()
        elif text.strip():
            words.append(_plain(text))
    yield from _filled(words)


def _filled(words: list[str]) -> list[str]:
    return textwrap.wrap(" ".join(" ".join(words).split()), WIDTH, break_long_words=False, break_on_hyphens=False)


def _said(name: str, rest: str) -> str:
    """What a request prints of its arguments."""
    if name in ("Vb", "Bd", "sp", "nf", "TP", "EX", "RS", "RE", "br", "PP", "P", "LP"):
        return ""
    arguments = _arguments(rest)
    if name == "IP":
        return " ".join(arguments[:1])
    if name in _ALTERNATING:
        return "".join(arguments)
    if name in (*_JOINED, "SS", "Ss", "It", "Dl", "D1"):
        first = [f"-{arguments.pop(0)}"] if name == "Fl" and arguments else []
        return " ".join(_mdoc([*first, *arguments]))
    return ""


def _arguments(rest: str) -> list[str]:
    """Words; those in double quotes are one."""
    return [
        (quoted or bare).replace('""', '"')
        for quoted, bare in re.findall(r'"((?:[^"]|"")*)"?|((?:\\.|[^\s"])(?:\\.|\S)*)', rest)
        if quoted or bare
    ]


def _mdoc(words: list[str]) -> Iterator[str]:
    """Without the macros that may stand among the arguments of another."""
    dash = False
    for word in words:
        if word == "Fl":
            dash = True
        elif word not in _MDOC:
            yield f"-{word}" if dash else word
            dash = False


def _plain(text: str) -> str:
    """The text as it is printed: fonts and sizes left out, special characters as ASCII."""
    return _ESCAPE.sub(_printed, text)


def _printed(escape: re.Match[str]) -> str:
    pair, long, string, comment, single = escape.groups()
    if pair or long:
        return _GLYPHS.get(pair or long, "")
    if string or comment is not None:
        return ""
    return {
        "-": "-",
        "e": "\\",
        "\\": "\\",
        " ": " ",
        "~": " ",
        "0": " ",
        "'": "'",
        "`": "`",
        ".": ".",
        "t": "\t",
    }.get(single or "", "")
