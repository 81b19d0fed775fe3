"""What to do with the answer: is it the truth, and how to take it away."""

from __future__ import annotations

import numpy as np
import streamlit as st

from engines.autodiff import evaluate
from engines.common.expression import parse
from engines.symbolic_regression.discovery import Equation, Result
from ui.figures.equations import residual_figure
from ui.live import plotly_live
from ui.rooms.equations.samples import Dataset

WIDER = 1.5
SAME = 1e-5


def show(result: Result, data: Dataset) -> None:
    """The front as a table, the check against the truth, the exports."""
    best = result.best
    left, right = st.columns(2)
    with left:
        st.markdown("**Best equation of each length**")
        st.table(
            [
                {
                    "nodes": str(equation.complexity),
                    "error": f"{equation.error:.2e}",
                    "equation": equation.expression,
                }
                for equation in result.front
            ]
        )
    with right:
        _truth(best, data)
        plotly_live(residual_figure(data.x, data.y, best, data.names[0]), key="eq-rest", height=260)
    _exports(result, best, data)


def _truth(best: Equation, data: Dataset) -> None:
    st.markdown("**Is it the truth?**")
    if data.truth is None:
        st.caption("Nobody knows for these data: the residuals below are all there is to go by.")
        return
    error = outside(best, data)
    st.markdown(f"made from `{data.truth}`, found `{best.expression}`")
    if error <= SAME:
        st.success(
            f"The same function, also where no data were: on a box {WIDER} times as wide the "
            f"relative error is {error:.1e}."
        )
    else:
        st.warning(
            f"Not the same function: on a box {WIDER} times as wide the relative error is "
            f"{error:.1e}, however good the fit looks."
        )


def outside(equation: Equation, data: Dataset) -> float:
    """Root mean square error over the truth's spread, on a box 1.5 times as wide as the data."""
    tape = parse(data.truth or "")
    low, high = data.x.min(0), data.x.max(0)
    middle, half = (low + high) / 2, (high - low) / 2
    rng = np.random.default_rng(0)
    x = middle + WIDER * half * rng.uniform(-1, 1, (500, data.x.shape[1]))
    point = {name: x[:, place] for place, name in enumerate(tape.variables)}
    truth = np.broadcast_to(np.asarray(evaluate(tape, point), float), (500,))
    found = equation.predict(x)
    both = np.isfinite(truth)
    if not np.isfinite(found[both]).all():
        return float("inf")
    spread = float(np.std(truth[both])) or 1.0
    return float(np.sqrt(np.mean((found[both] - truth[both]) ** 2))) / spread


def _exports(result: Result, best: Equation, data: Dataset) -> None:
    st.markdown("**Take it with you**")
    forms = {
        "LaTeX": (best.latex(), "latex"),
        "Python": (best.python_code(), "python"),
        "SymPy": (best.sympy_code(), "python"),
        "JSON": (result.to_json(), "json"),
    }
    kind = st.segmented_control("as", list(forms), default="Python", required=True, key="eq_form")
    text, language = forms[kind or "Python"]
    st.code(text, language=language, height=240)
    st.download_button("Download JSON", result.to_json(), "equation.json", "application/json")
