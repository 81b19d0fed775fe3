"""Figures of a search for equations: the fit, the front, what is left over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.symbolic_regression.discovery import Equation
from ui.figures.figure import PALETTE, TEXT, Figure, faded

CURVE_POINTS = 300
FLOOR = 1e-32
"""Where an error of 0 is drawn on the logarithmic axis."""

Array = NDArray[np.float64]


def fit_figure(
    names: Sequence[str],
    x: Array,
    y: Array,
    equation: Equation | None,
    target: str,
    reach: float = 0.15,
) -> Figure:
    """The data with the equation's curve (one variable) or measured against computed (several).

    Args:
        x: (n, d); y: (n,).
        reach: how far the curve goes on beyond the data, in widths of the data.
    """
    if x.shape[1] == 1:
        return _curve(names[0], x[:, 0], y, equation, target, reach)
    return _parity(x, y, equation, target)


def _curve(
    name: str, x: Array, y: Array, equation: Equation | None, target: str, reach: float
) -> Figure:
    traces = [_dots(x, y, "data", PALETTE[0])]
    width = float(np.ptp(x)) or 1.0
    if equation is not None:
        grid = np.linspace(x.min() - reach * width, x.max() + reach * width, CURVE_POINTS)
        values = equation.predict(grid[:, None])
        line = {"type": "scatter", "mode": "lines", "name": equation.expression[:60]}
        style = {"color": PALETTE[1], "width": 3}
        traces.append({**line, "x": grid, "y": values, "line": style})
    margin = 0.15 * (float(np.ptp(y)) or 1.0)
    layout = {
        "xaxis": {"title": {"text": name}},
        "yaxis": {
            "title": {"text": target},
            "range": [float(y.min()) - margin, float(y.max()) + margin],
        },
    }
    told = "no curve yet" if equation is None else f"curve {equation.expression}"
    return Figure(traces, layout, f"{len(y)} points of {target} over {name}, {told}.")


def _parity(x: Array, y: Array, equation: Equation | None, target: str) -> Figure:
    low, high = float(y.min()), float(y.max())
    diagonal = {
        "type": "scatter",
        "mode": "lines",
        "name": "exact",
        "x": [low, high],
        "y": [low, high],
        "line": {"color": faded(TEXT, 0.5), "dash": "dot"},
        "hoverinfo": "skip",
    }
    traces: list[dict[str, Any]] = [diagonal]
    if equation is not None:
        traces.append(_dots(y, equation.predict(x), equation.expression[:60], PALETTE[1]))
    margin = 0.05 * (high - low or 1.0)
    layout = {
        "xaxis": {"title": {"text": f"{target}, measured"}},
        "yaxis": {
            "title": {"text": f"{target}, by the equation"},
            "range": [low - margin, high + margin],
        },
    }
    told = "no equation yet" if equation is None else equation.expression
    return Figure(traces, layout, f"{len(y)} measured values against those of: {told}.")


def front_figure(
    front: Sequence[Equation], chosen: Equation, population: Sequence[tuple[int, float]]
) -> Figure:
    """Error against complexity, logarithmic: the front (trace 0) and some living programs."""
    alive = [(n, max(e, FLOOR)) for n, e in population if np.isfinite(e) and e < 1e3]
    line = {
        "type": "scatter",
        "mode": "lines+markers",
        "name": "best of each length",
        "x": [e.complexity for e in front],
        "y": [max(e.error, FLOOR) for e in front],
        "text": [e.expression[:80] for e in front],
        "line": {"color": PALETTE[0], "shape": "hv", "width": 2},
        "marker": {"size": 11, "color": PALETTE[0]},
        "hovertemplate": "%{text}<br>%{x} nodes, error %{y:.2e}<extra></extra>",
    }
    dots = _dots([n for n, _ in alive], [e for _, e in alive], "living programs", PALETTE[9])
    del dots["hovertemplate"]
    # Skipped by hover, the cloud does not catch the clicks meant for the front.
    dots |= {"hoverinfo": "skip", "marker": {"size": 5, "color": faded(PALETTE[9], 0.35)}}
    mark = {
        "type": "scatter",
        "mode": "markers",
        "name": "shown",
        "x": [chosen.complexity],
        "y": [max(chosen.error, FLOOR)],
        "marker": {
            "size": 18,
            "color": faded(PALETTE[1], 0.0),
            "line": {"width": 3, "color": PALETTE[1]},
        },
        "hoverinfo": "skip",
    }
    layout = {
        "xaxis": {"title": {"text": "complexity (nodes)"}},
        "yaxis": {
            "type": "log",
            "exponentformat": "power",
            "title": {"text": "error, 1 − R²"},
            "nticks": 8,
        },
    }
    alt = f"Front of {len(front)} equations; the most exact has error {front[-1].error:.2g}."
    return Figure([line, dots, mark], layout, alt)


def residual_figure(x: Array, y: Array, equation: Equation, name: str) -> Figure:
    """What the equation leaves over, against the first variable."""
    rest = y - equation.predict(x)
    layout = {"xaxis": {"title": {"text": name}}, "yaxis": {"title": {"text": "left over"}}}
    finite = rest[np.isfinite(rest)]
    size = float(np.sqrt(np.mean(finite**2))) if finite.size else float("nan")
    alt = f"Residuals against {name}; root mean square {size:.3g}."
    return Figure([_dots(x[:, 0], rest, "residual", PALETTE[2])], layout, alt)


def _dots(x: Any, y: Any, name: str, colour: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": x,
        "y": y,
        "marker": {"color": faded(colour, 0.75), "size": 7},
        "hovertemplate": "%{x:.4g}, %{y:.4g}<extra></extra>",
    }
