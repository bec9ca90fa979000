"""Contrast as WCAG 2.2 computes it, from the colours as the style sheet has them."""

import re
from itertools import combinations
from pathlib import Path

import pytest

from funkqa.report.html import page

_TEXT = Path(page.__file__).with_name("style").joinpath("colours.css").read_text()
Colour = tuple[float, float, float]


def _colours(selector: str) -> dict[str, str]:
    block = _TEXT[_TEXT.index(selector) :].split("{", 1)[1].split("}", 1)[0]
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", block))


LIGHT = _colours(":root {")
DARK = _colours(':root[data-theme="dark"] {')
STATES = ("covered", "missing", "incidental", "skipped")
BACKGROUNDS = ("paper", "surface", "raised")
TEXTS = [
    *((ink, ground) for ink in ("ink", "muted", "accent") for ground in BACKGROUNDS),
    *((f"{state}-ink", f"{state}-tint") for state in (*STATES, "passed", "failed")),
    *(("ink", f"{state}-tint") for state in STATES),
    *(("muted", f"{state}-tint") for state in STATES),
    *((f"{state}-ink", "surface") for state in ("covered", "missing")),
    ("surface", "ink"),
]
SHAPES = [
    *((state, "surface") for state in STATES),
    *(("focus", ground) for ground in BACKGROUNDS),
    ("only", "raised"),
    ("only", "covered"),
    ("accent", "covered-tint"),
]
# Machado, Oliveira, Fernandes: A Physiologically-based Model for Simulation of Color Vision Deficiency, 2009.
BLINDNESS = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.01182, 0.04294, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.3039),
    ),
}


def linear(colour: str) -> Colour:
    """Linear light of ``#rrggbb``, each in 0..1."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return red, green, blue


def luminance(colour: Colour) -> float:
    return 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]


def contrast(one: str, other: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    dark, light = sorted((luminance(linear(one)), luminance(linear(other))))
    return (light + 0.05) / (dark + 0.05)


def lab(colour: Colour) -> Colour:
    """CIE 1976 L*a*b* under D65."""
    red, green, blue = (min(1.0, max(0.0, part)) for part in colour)
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    f = [t ** (1 / 3) if t > 0.008856 else 7.787 * t + 4 / 29 for t in (x, luminance((red, green, blue)), z)]
    return 116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])


def seen(colour: Colour, blindness: str) -> Colour:
    red, green, blue = (sum(a * b for a, b in zip(row, colour, strict=True)) for row in BLINDNESS[blindness])
    return red, green, blue


def test_the_formula_gives_the_values_of_the_specification() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_both_themes_have_the_same_colours_and_that_without_a_script_is_the_dark_one() -> None:
    assert LIGHT.keys() == DARK.keys()
    assert _colours(":root:not([data-theme]) {") == DARK


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXTS)
def test_text_has_the_contrast_of_level_aa(theme: dict[str, str], ink: str, ground: str) -> None:
    assert contrast(theme[ink], theme[ground]) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), SHAPES)
def test_shapes_stand_out_from_their_ground(theme: dict[str, str], shape: str, ground: str) -> None:
    assert contrast(theme[shape], theme[ground]) >= 3


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("blindness", BLINDNESS)
def test_what_was_covered_differs_from_what_was_not_for_the_colour_blind(
    theme: dict[str, str], blindness: str
) -> None:
    for one, other in combinations(("covered", "missing"), 2):
        a, b = (lab(seen(linear(theme[name]), blindness)) for name in (one, other))
        assert sum((p - q) ** 2 for p, q in zip(a, b, strict=True)) ** 0.5 > 40
