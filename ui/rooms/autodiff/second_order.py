"""Second derivatives: the Hessian, its product with a direction, and the quadratic model."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import streamlit as st

from engines.autodiff import evaluate, gradient, hessian, hvp, jacobian
from engines.autodiff.teaching import Graph
from engines.common.notation import line_names
from engines.common.tape import Tape
from ui.figures.autodiff_second import hessian_map, jacobian_map, product_bars
from ui.live import Series, canvas_chart, live_slider, plotly_live
from ui.rooms.autodiff.controls import Choice

SAMPLES = 121


def show(choice: Choice, graph: Graph) -> None:
    """Draw the section for the chosen output."""
    tape = replace(choice.tape, outputs=(choice.tape.outputs[choice.output],))
    if len(choice.tape.outputs) > 1 and tape.variables:
        _jacobian(choice)
    if not tape.variables:
        st.info("Give the formula a variable to see its second derivatives.")
        return
    left, right = st.columns(2)
    with left:
        plotly_live(hessian_map(tape.variables, hessian(tape, choice.point)), key="ad-hessian")
    with right:
        direction = _direction(tape)
        product = hvp(tape, choice.point, direction)
        bars = product_bars(
            tape.variables,
            [direction[name] for name in tape.variables],
            [product[name] for name in tape.variables],
        )
        plotly_live(bars, key="ad-hvp", height=290)
    _profile(tape, choice.point, direction, product)
    st.caption(
        "One Hessian-vector product is one reverse sweep on dual numbers (forward over reverse); "
        "the Hessian is one such product for every variable, never a table of finite differences."
    )


def _jacobian(choice: Choice) -> None:
    """All first derivatives: a row for each output, a column for each input."""
    names = line_names(choice.tape)
    rows = [f"{place + 1}: {names[line]}" for place, line in enumerate(choice.tape.outputs)]
    figure = jacobian_map(rows, choice.tape.variables, jacobian(choice.tape, choice.point))
    plotly_live(figure, key="ad-jacobian", height=120 + 50 * len(rows))
    st.caption(
        "One reverse sweep gives a row (a vector-Jacobian product), one forward sweep a column "
        "(a Jacobian-vector product). The second derivatives below are those of the output "
        "chosen with *of*."
    )


def _direction(tape: Tape) -> dict[str, float]:
    """A unit vector in the plane of two variables, turned by a slider."""
    names = tape.variables
    if len(names) == 1:
        return {names[0]: 1.0}
    pair = list(names[:2])
    if len(names) > 2:
        chosen = st.multiselect(
            "turn the direction in the plane of", names, pair, max_selections=2, key="ad_plane"
        )
        pair = chosen if len(chosen) == 2 else pair
    label = f"direction d: angle from {pair[0]} to {pair[1]} (degrees)"
    angle = math.radians(live_slider(label, 0, 360, 45, key="ad_angle", step=1))
    direction = dict.fromkeys(names, 0.0)
    return {**direction, pair[0]: math.cos(angle), pair[1]: math.sin(angle)}


def _profile(
    tape: Tape, point: dict[str, float], direction: dict[str, float], product: dict[str, float]
) -> None:
    """The function along the direction against its quadratic model."""
    reach = max(1.0, 0.5 * math.hypot(*(point[name] for name in tape.variables)))
    t = np.linspace(-reach, reach, SAMPLES)
    along = {name: point[name] + t * direction[name] for name in tape.variables}
    exact = np.asarray(evaluate(tape, along), dtype=float)
    slope = sum(gradient(tape, point)[name] * direction[name] for name in tape.variables)
    curvature = sum(product[name] * direction[name] for name in tape.variables)
    value = float(evaluate(tape, point))
    model = value + slope * t + 0.5 * curvature * t**2
    canvas_chart(
        [
            Series("f(x + t d)", t, exact, 0),
            Series("f + t gᵀd + t²/2 dᵀH d", t, model, 1),
            Series("here", [0.0], [value], 2, dots=True),
        ],
        key="ad-profile",
        x_label="t",
        y_range=_frame(exact, value),
        alt=f"The function along the direction and its quadratic model; slope {slope:.4g}, "
        f"curvature {curvature:.4g}.",
    )


def _frame(values: np.ndarray, centre: float) -> tuple[float, float] | None:
    """The range of the finite values with a margin, so that a steep model does not flatten them."""
    finite = values[np.isfinite(values)]
    if not finite.size or not math.isfinite(centre):
        return None
    low, high = float(finite.min()), float(finite.max())
    margin = 0.1 * (high - low) or 1.0
    return low - margin, high + margin
