"""Generated sections of Markdown files: what stands between ``<!-- NAME -->`` and ``<!-- end of NAME -->``."""


def section(text: str, name: str) -> str:
    """The section's body, without its markers. Raises ValueError unless each marker is there once."""
    return _parts(text, name)[1]


def with_section(text: str, name: str, body: str) -> str:
    """The text with another body between the section's markers."""
    before, _, after = _parts(text, name)
    return before + body + after


def _parts(text: str, name: str) -> tuple[str, str, str]:
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise ValueError(f"needs the lines {begin.strip()!r} and {end.strip()!r} once each, in this order")
    before, rest = text.split(begin)
    body, after = rest.split(end)
    return before + begin, body, end + after
