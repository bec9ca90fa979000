"""The report as one self-contained HTML file."""

from funkqa.report.html.page import render

__all__ = ["render"]
