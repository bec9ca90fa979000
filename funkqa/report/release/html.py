"""A release as one HTML file: style, plots and all values inside, no script, nothing from elsewhere.

Colours follow the system, light or dark. Names reach the page through autoescape, with hidden characters spelled.
"""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import jinja2

from funkqa.model.release import ReleaseReport, Trend
from funkqa.report.plain import one_line
from funkqa.report.release import plots, words

_HERE = Path(__file__).parent
_STYLES = (
    _HERE.parent / "html/style/colours.css",
    _HERE.parent / "html/style/page.css",
    _HERE.parent / "comparison/comparison.css",
    _HERE / "release.css",
)


def render(report: ReleaseReport) -> str:
    """The page; the same report always gives the same text."""
    style = "\n".join(path.read_text("utf-8") for path in _STYLES)
    bars, highest = plots.changes(report)
    bins, tallest = plots.distribution(report)
    return _environment().get_template("release.html.j2").render(
        report=report,
        words=words,
        plots=plots,
        arches=words.several_arches(report),
        sections=[(trend, title, report.of(trend)) for trend, title in words.TITLES.items()],
        Trend=Trend,
        totals=plots.totals(report),
        bins=bins,
        tallest=tallest,
        bars=bars,
        highest=highest,
        style=style,
        policy=f"default-src 'none'; style-src {_digest(style)}; base-uri 'none'; form-action 'none'",
    )  # fmt: skip


def _digest(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_shown,
    )
    environment.filters.update(short=lambda number: f"{number:.1f}".removesuffix(".0"))
    return environment


def _shown(value: object) -> object:
    """Every text that the template prints has its hidden characters made visible."""
    return one_line(value) if isinstance(value, str) and not hasattr(value, "__html__") else value
