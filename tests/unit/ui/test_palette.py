"""The theme's colours: contrast (WCAG 2.2) and the three common colour-vision deficiencies."""

from __future__ import annotations

import itertools
import tomllib
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[3]
THEME = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]

# Machado, Oliveira, Fernandes (2009), severity 1.0, for linear RGB.
DEFICIENCIES = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def linear(colour: str) -> np.ndarray:
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* (D65) of linear RGB."""
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = np.clip(np.array(to_xyz) @ rgb, 0, None) / [0.9505, 1.0, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_palette_has_exactly_ten_colours(mode: str) -> None:
    for name in ("Categorical", "Sequential", "Diverging"):
        assert len(THEME[mode][f"chart{name}Colors"]) == 10


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_and_links_reach_aa(mode: str) -> None:
    theme = THEME[mode]
    for background in (theme["backgroundColor"], theme["secondaryBackgroundColor"]):
        for role in ("textColor", "linkColor", "primaryColor"):
            assert contrast(theme[role], background) >= 4.5, role
    assert contrast(theme["codeTextColor"], theme["codeBackgroundColor"]) >= 4.5


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_chart_colours_stand_out_from_the_background(mode: str) -> None:
    theme = THEME[mode]
    for colour in theme["chartCategoricalColors"]:
        assert contrast(colour, theme["backgroundColor"]) >= 3.0, colour


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_colours_used_for_text_in_graphs_reach_aa(mode: str) -> None:
    """Marks in the graph player are written in the first four colours."""
    theme = THEME[mode]
    for colour in theme["chartCategoricalColors"][:4]:
        assert contrast(colour, theme["backgroundColor"]) >= 4.0, colour


@pytest.mark.parametrize("kind", DEFICIENCIES)
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_first_colours_stay_apart(mode: str, kind: str) -> None:
    """CIE76 distance of at least 12 between any two of the first six; 2.3 is just noticeable."""
    matrix = np.array(DEFICIENCIES[kind])
    colours = THEME[mode]["chartCategoricalColors"][:6]
    seen = {c: lab(np.clip(matrix @ linear(c), 0, 1)) for c in colours}
    for a, b in itertools.combinations(colours, 2):
        assert np.linalg.norm(seen[a] - seen[b]) >= 12, (a, b)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_sequential_colours_run_one_way(mode: str) -> None:
    levels = [luminance(c) for c in THEME[mode]["chartSequentialColors"]]
    assert levels == sorted(levels, reverse=mode == "light")
