"""A line chart on a canvas, fed with binary frames: for series that change many times a second."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ui.live.component import define


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart.

    Attributes:
        name: shown in the legend.
        x, y: (points,) numbers; NaN in ``y`` interrupts the line.
        colour: index into the theme's categorical palette.
        dots: draw points instead of a line.
    """

    name: str
    x: ArrayLike
    y: ArrayLike
    colour: int = 0
    dots: bool = False


_CSS = """
.frame { position: relative; width: 100%; }
canvas { display: block; width: 100%; touch-action: pan-y; }
"""
_chart = define("canvas_chart", html="<div class='frame'><canvas></canvas></div>\n", css=_CSS)


def frame(series: Sequence[Series], settings: dict[str, object]) -> bytes:
    """Header length (uint32, little-endian), JSON header padded to 4 bytes, float32 x, y blocks."""
    header = {
        **settings,
        "series": [
            {"name": s.name, "points": int(np.size(s.y)), "colour": s.colour, "dots": s.dots}
            for s in series
        ],
    }
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 4)
    blocks = [np.asarray(values, "<f4").tobytes() for s in series for values in (s.x, s.y)]
    return struct.pack("<I", len(text)) + text + b"".join(blocks)


def canvas_chart(
    series: Sequence[Series],
    *,
    key: str,
    alt: str,
    title: str = "",
    x_label: str = "",
    y_label: str = "",
    y_range: tuple[float, float] | None = None,
    height: int = 260,
) -> None:
    """Show the series; ``y_range`` keeps the axis still while the data moves."""
    settings: dict[str, object] = {
        "alt": alt,
        "title": title,
        "xLabel": x_label,
        "yLabel": y_label,
        "yRange": y_range,
        "height": height,
    }
    _chart(key=key, data=frame(series, settings))
