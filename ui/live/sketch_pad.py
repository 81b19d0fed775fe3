"""A pad on which points are drawn with the mouse, a pen or a finger."""

from __future__ import annotations

import math

import streamlit as st

from ui.live.component import define

_CSS = """
.pad { font-family: var(--st-font); color: var(--st-text-color); }
canvas { display: block; width: 100%; touch-action: none; cursor: crosshair;
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); }
.row { display: flex; gap: 0.5rem; align-items: center; margin-top: 0.5rem; font-size: 0.875rem; }
button { font: inherit; color: inherit; background: transparent; cursor: pointer;
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius);
  padding: 0.3rem 0.75rem; }
button:hover, button:focus-visible { border-color: var(--st-primary-color);
  color: var(--st-primary-color); }
"""
_HTML = """<div class="pad"><canvas role="img"></canvas><div class="row">
<button type="button" class="undo">Undo</button><button type="button" class="clear">Clear</button>
<output></output></div></div>
"""
_pad = define("sketch_pad", html=_HTML, css=_CSS)

Points = list[tuple[float, float]]


def sketch_pad(
    label: str,
    start: Points,
    *,
    key: str,
    x_range: tuple[float, float] = (-5.0, 5.0),
    y_range: tuple[float, float] = (-5.0, 5.0),
    most: int = 200,
    height: int = 320,
) -> Points:
    """Show the pad; returns its points in the order in which they were drawn.

    Args:
        label: what is to be drawn, for those who do not see the pad.
        start: the points it opens with.
        most: how many points it takes.
    """
    drawn = st.session_state.get(key, {}).get("points")
    points = start if drawn is None else _checked(drawn, most)
    _pad(
        key=key,
        data={
            "label": label,
            "points": points,
            "version": 0,
            "xRange": x_range,
            "yRange": y_range,
            "most": most,
            "height": height,
        },
        on_points_change=lambda: None,
    )
    return points


def _checked(drawn: object, most: int) -> Points:
    """The finite pairs among what the browser sent."""
    points: Points = []
    for pair in drawn if isinstance(drawn, list) else []:
        if isinstance(pair, list) and len(pair) == 2:
            x, y = pair
            numbers = isinstance(x, int | float) and isinstance(y, int | float)
            if numbers and abs(x) < 1e9 and abs(y) < 1e9 and math.isfinite(x + y):
                points.append((float(x), float(y)))
    return points[:most]
