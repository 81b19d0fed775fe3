"""Figures that compare ways of differentiating: step sizes, formula size, cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ui.figures.figure import PALETTE, Figure, faded

FLOOR = 1e-18
"""Where an error of exactly 0 is drawn on a logarithmic axis."""

_POWER: dict[str, Any] = {"type": "log", "exponentformat": "power", "dtick": 4}


def step_curve_figure(
    h: NDArray[np.float64], errors: Mapping[str, NDArray[np.float64]], exact: float
) -> Figure:
    """Absolute error against step size, both logarithmic: the V of truncation and rounding."""
    traces = [
        _line(name, h, np.maximum(error, FLOOR), colour)
        for (name, error), colour in zip(errors.items(), PALETTE, strict=False)
    ]
    layout = {
        "xaxis": {**_POWER, "title": {"text": "step size h"}, "autorange": "reversed"},
        "yaxis": {**_POWER, "title": {"text": "absolute error"}},
    }
    best = ", ".join(f"{name} {_least(error)}" for name, error in errors.items())
    return Figure(traces, layout, f"Error against step size; exact {exact:.6g}; smallest: {best}.")


def _least(error: NDArray[np.float64]) -> str:
    finite = error[np.isfinite(error)]
    return f"{finite.min():.1e}" if finite.size else "not a number"


def swell_figure(rows: Sequence[Mapping[str, int]]) -> Figure:
    """How SymPy's derivative of the iterated logistic map grows while the tape does not."""
    levels = [row["level"] for row in rows]
    traces = [
        _line(name, levels, [max(1, row[field]) for row in rows], colour, markers=True)
        for name, field, colour in (
            ("characters of the derivative", "characters", PALETTE[1]),
            ("operations of the derivative", "operations", PALETTE[4]),
            ("lines of the tape", "lines", PALETTE[2]),
        )
    ]
    layout = {
        "xaxis": {"title": {"text": "times the logistic map is applied"}, "dtick": 1},
        "yaxis": {"type": "log", "exponentformat": "power", "dtick": 1},
    }
    last = rows[-1]
    alt = (
        f"At {last['level']} levels the symbolic derivative has {last['operations']} operations, "
        f"the tape {last['lines']} lines."
    )
    return Figure(traces, layout, alt)


def cost_figure(sizes: Sequence[int], ratios: Mapping[str, Sequence[float]], axis: str) -> Figure:
    """CPU time of the whole derivative over that of the function alone, both axes logarithmic."""
    colours = (PALETTE[2], PALETTE[1])
    traces = [
        _line(name, sizes, values, colour, markers=True)
        for (name, values), colour in zip(ratios.items(), colours, strict=True)
    ]
    layout = {
        "xaxis": {"type": "log", "title": {"text": axis}, "tickvals": list(sizes)},
        "yaxis": {"type": "log", "title": {"text": "times the cost of the function"}, "dtick": 1},
    }
    told = "; ".join(f"{name} {values[-1]:.1f}" for name, values in ratios.items() if values)
    return Figure(traces, layout, f"Cost ratios against {axis}; at the last size: {told}.")


def decision_figure(
    axis: NDArray[np.float64],
    prediction: NDArray[np.float64],
    points: NDArray[np.float64],
    labels: NDArray[np.float64],
) -> Figure:
    """The network's opinion on every place of the plane, and the points it learns from."""
    heat: dict[str, Any] = {
        "type": "heatmap",
        "x": np.round(axis, 3),
        "y": np.round(axis, 3),
        "z": np.round(prediction, 3),
        "zmin": 0,
        "zmax": 1,
        "zsmooth": "best",
        "colorscale": "@diverging",
        "opacity": 0.75,
        "hovertemplate": "probability of blue %{z:.2f}<extra></extra>",
        "colorbar": {"thickness": 12, "outlinewidth": 0, "title": {"text": ""}},
    }
    dots = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": name,
            "x": points[labels == kind, 0],
            "y": points[labels == kind, 1],
            "marker": {"color": colour, "size": 7, "line": {"width": 1.5, "color": "@background"}},
            "hoverinfo": "skip",
        }
        for kind, name, colour in ((0, "class 0", PALETTE[1]), (1, "class 1", PALETTE[0]))
    ]
    layout = {
        "xaxis": {"showgrid": False, "zeroline": False},
        "yaxis": {"showgrid": False, "zeroline": False, "scaleanchor": "x"},
        "margin": {"l": 35, "r": 10, "t": 30, "b": 30},
    }
    return Figure(
        [heat, *dots], layout, "Map of the network's prediction with its training points."
    )


def _line(
    name: str, x: ArrayLike, y: ArrayLike, colour: str, markers: bool = False
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers" if markers else "lines",
        "name": name,
        "x": x,
        "y": y,
        "line": {"color": colour, "width": 2.5},
        "marker": {"color": faded(colour, 0.9), "size": 7},
        "hovertemplate": "%{x:.3g}: %{y:.3g}<extra>" + name + "</extra>",
    }
