"""Coverage as one HTML file: style, script and all values inside, nothing from elsewhere.

The page is complete without its script but for the function table, the map and the source text. Its policy lets
the browser run these scripts and this style only and fetch nothing; texts reach the page through autoescape or as
text nodes, never as markup.
"""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import jinja2

from funkqa.analysis.verdict import percentage
from funkqa.model.coverage import Coverage, State
from funkqa.report import facts
from funkqa.report.html import programs, summary, update
from funkqa.report.html.columns import columns, packed
from funkqa.report.html.listing import listing
from funkqa.report.html.literal import Block, literal_lines
from funkqa.report.plain import spelled

_HERE = Path(__file__).parent
_STYLES = ("colours", "page", "summary", "table", "map", "source", "print")
_SCRIPTS = (
    "dom", "payload", "address", "search", "scroller", "table", "filters", "detail",
    "squarify", "map", "strips", "source", "executions", "printing", "main",
)  # fmt: skip


def render(coverage: Coverage) -> str:
    """The page; the same coverage always gives the same text."""
    style = _joined("style", "css", _STYLES)
    theme, script = _joined("script", "js", ("theme",)), _joined("script", "js", _SCRIPTS)
    keys = tuple(coverage.measurement.sources)
    document = columns(coverage, keys)
    sources = listing(coverage.measurement.sources, keys, document["rows"])
    measurement = coverage.measurement
    packages = summary.packages(coverage)
    document["executions"] = programs.log(measurement.executions, measurement.run.started)
    return _environment().get_template("page.html.j2").render(
        coverage=coverage,
        run=measurement.run,
        measurement=measurement,
        total=summary.bar(coverage.ratio, coverage.incidental),
        packages=packages,
        code=summary.code_of(packages),
        steps=summary.steps(coverage),
        skipped=summary.skipped(coverage),
        glue=facts.outside(coverage, State.GLUE),
        excluded=facts.outside(coverage, State.EXCLUDED),
        inlined=facts.only_inlined(coverage),
        without=tuple(facts.without_coverage(coverage)),
        cost=tuple(facts.tracing_cost(coverage)),
        programs=programs,
        update=update.shown(coverage),
        facts=facts,
        policy=_policy([theme, script], style),
        style=style,
        theme=theme,
        script=script,
        payload=packed(document),
        sources=packed({"files": sources}) if sources else "",
    )  # fmt: skip


def _joined(folder: str, suffix: str, names: tuple[str, ...]) -> str:
    texts = [(_HERE / folder / f"{name}.{suffix}").read_text("utf-8") for name in names]
    # One scope of its own, which the files share.
    return '(() => {\n"use strict";\n' + "\n".join(texts) + "})();\n" if suffix == "js" else "\n".join(texts)


def _policy(scripts: list[str], style: str) -> str:
    """Content Security Policy, level 3: https://www.w3.org/TR/CSP3/"""
    allowed = " ".join(map(_digest, scripts))
    return (
        f"default-src 'none'; script-src {allowed}; style-src {_digest(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters.update(
        grouped=lambda number: f"{number:,}",
        counted=lambda number, noun: f"{number:,} {noun}{'' if number == 1 else 's'}",
        moment=summary.moment,
        duration=summary.duration,
        percentage=percentage,
        lines=literal_lines,
    )
    return environment


def _shown(value: object) -> object:
    """Every text that the template prints has its hidden characters made visible."""
    is_text = isinstance(value, str) and not isinstance(value, Block) and not hasattr(value, "__html__")
    return spelled(str(value)) if is_text else value
