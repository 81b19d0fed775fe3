"""Figures of second derivatives: the Hessian as a heat map, a direction and its product."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ui.figures.figure import PALETTE, Figure


def hessian_map(names: Sequence[str], hessian: NDArray[np.float64]) -> Figure:
    """Heat map of a Hessian, (n, n); blue is curved upwards, red downwards."""
    alt = f"Heat map of the {len(names)} by {len(names)} Hessian."
    return _heat_map("Hessian: all second derivatives", names, names, hessian, alt)


def jacobian_map(
    outputs: Sequence[str], names: Sequence[str], jacobian: NDArray[np.float64]
) -> Figure:
    """Heat map of a Jacobian, (outputs, inputs)."""
    alt = f"Heat map of the Jacobian: {len(outputs)} outputs by {len(names)} inputs."
    return _heat_map("Jacobian: all first derivatives", outputs, names, jacobian, alt)


def _heat_map(
    title: str,
    rows: Sequence[str],
    columns: Sequence[str],
    values: NDArray[np.float64],
    alt: str,
) -> Figure:
    finite = np.abs(values[np.isfinite(values)])
    reach = float(finite.max()) if finite.size and finite.max() > 0 else 1.0
    heat = {
        "type": "heatmap",
        "z": values,
        "x": list(columns),
        "y": list(rows),
        "zmin": -reach,
        "zmax": reach,
        "colorscale": "@diverging",
        "text": [[f"{value:.4g}" for value in row] for row in values],
        "texttemplate": "%{text}" if max(values.shape) <= 8 else "",
        "hovertemplate": "∂ %{y} / ∂ %{x} = %{text}<extra></extra>",
        "colorbar": {"thickness": 12, "outlinewidth": 0},
    }
    layout = {
        "title": {"text": title},
        "yaxis": {"autorange": "reversed", "type": "category", "showgrid": False},
        "xaxis": {"type": "category", "showgrid": False},
        "margin": {"l": 50, "r": 10, "t": 45, "b": 35},
    }
    return Figure([heat], layout, f"{alt} Largest entry {reach:.4g}.")


def product_bars(
    names: Sequence[str], direction: Sequence[float], product: Sequence[float]
) -> Figure:
    """A direction d and the product H d, side by side for every variable."""
    bars = [
        {
            "type": "bar",
            "name": name,
            "x": list(names),
            "y": list(values),
            "marker": {"color": colour},
            "hovertemplate": "%{y:.6g}<extra></extra>",
        }
        for name, values, colour in (
            ("direction d", direction, PALETTE[0]),
            ("product H d", product, PALETTE[1]),
        )
    ]
    layout = {
        "barmode": "group",
        "xaxis": {"type": "category"},
        "margin": {"l": 50, "r": 10, "t": 45, "b": 35},
    }
    told = ", ".join(f"{name} {value:.4g}" for name, value in zip(names, product, strict=True))
    return Figure(bars, layout, f"Bars of the direction and of the Hessian times it: {told}.")
