"""Plotly without remounts: ``Plotly.react`` keeps zoom and camera while the data changes."""

from __future__ import annotations

import plotly.io

from ui.figures.figure import Figure
from ui.live.component import define

_CSS = """
.plot { width: 100%; }
.summary { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
"""
# Plotly writes its style sheet into the document's head, so this component lives outside a shadow.
_plot = define(
    "plotly_live",
    html="<div class='plot'></div>\n",
    css=_CSS,
    isolate=False,
)


def plotly_live(
    figure: Figure, *, key: str, height: int = 360, clickable: bool = False
) -> tuple[int, int] | None:
    """Show a figure; call again with new data under the same ``key`` to move it.

    Colours written as ``@c0`` .. ``@c9``, ``@text``, ``@grid``, ``@primary`` or ``@background``
    (with ``~0.3`` appended for opacity) are taken from the theme in the browser.

    Returns:
        With ``clickable``, ``(trace, point)`` that was clicked in this run, else ``None``.
    """
    text = plotly.io.to_json({"data": figure.data, "layout": figure.layout}, validate=False)
    data = {"figure": text, "alt": figure.alt, "height": height, "clickable": clickable}
    picked = _plot(key=key, data=data, on_picked_change=lambda: None).picked
    whole = isinstance(picked, list) and all(type(place) is int for place in picked)
    return (picked[0], picked[1]) if whole and len(picked) == 2 else None
