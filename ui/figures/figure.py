"""The shape of a figure, and colours by role instead of by value.

Figures are plain dictionaries in Plotly's schema: building ``plotly.graph_objects`` validates
every attribute and costs more than the rest of an interaction. ``tests/unit/ui`` validates each
figure against that schema once instead.
"""

from __future__ import annotations

from typing import Any, NamedTuple

PALETTE = tuple(f"@c{i}" for i in range(10))
"""The theme's ten categorical colours, resolved in the browser."""

TEXT, GRID, PRIMARY, BACKGROUND = "@text", "@grid", "@primary", "@background"


class Figure(NamedTuple):
    """What :func:`ui.live.plotly_live` draws.

    Attributes:
        data: Plotly traces.
        layout: Plotly layout; fonts, backgrounds and grid colours are filled in from the theme.
        alt: the picture in one or two sentences for those who do not see it.
    """

    data: list[dict[str, Any]]
    layout: dict[str, Any]
    alt: str


def faded(colour: str, opacity: float) -> str:
    """A palette colour at the given opacity."""
    return f"{colour}~{opacity:g}"
