"""A comparison as one HTML file: style and all values inside, no script, nothing from elsewhere.

Colours follow the system, light or dark. Names reach the page through autoescape, with hidden characters spelled.
"""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import jinja2

from funkqa.model.comparison import Change, Comparison
from funkqa.report.comparison import words
from funkqa.report.plain import spelled

_HERE = Path(__file__).parent
_STYLES = (
    _HERE.parent / "html/style/colours.css",
    _HERE.parent / "html/style/page.css",
    _HERE / "comparison.css",
)
_MOST_LISTED = 2000
"""Of one change: a page with a hundred thousand rows serves nobody, and JSON has them all."""


def render(comparison: Comparison) -> str:
    """The page; the same comparison always gives the same text."""
    style = "\n".join(path.read_text("utf-8") for path in _STYLES)
    return _environment().get_template("comparison.html.j2").render(
        comparison=comparison,
        words=words,
        Change=Change,
        most=_MOST_LISTED,
        bars=[(side, float(100 * side.ratio.fraction)) for side in (*comparison.baselines[::-1], comparison.new)],
        style=style,
        policy=f"default-src 'none'; style-src {_digest(style)}; base-uri 'none'; form-action 'none'",
    )  # fmt: skip


def _digest(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_shown,
    )


def _shown(value: object) -> object:
    """Every text that the template prints has its hidden characters made visible."""
    return spelled(value) if isinstance(value, str) and not hasattr(value, "__html__") else value
