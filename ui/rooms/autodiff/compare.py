"""The same derivatives from five other sources, and what step sizes do to differences."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from engines.autodiff.differences import default_steps, step_curve
from engines.autodiff.modes import evaluate, gradient, hessian
from engines.autodiff.peers import PeerResult, mpmath_reference, torch_autograd, torch_func
from engines.autodiff.sympy_peer import to_json
from engines.autodiff.teaching import Graph
from engines.common.errors import EngineError
from engines.common.jail import Worker
from engines.common.tape import Tape
from ui import runtime
from ui.figures.autodiff_compare import step_curve_figure, swell_figure
from ui.live import plotly_live
from ui.rooms.autodiff.controls import Choice

KEPT = "ad--compared"
Point = Mapping[str, float]


def show(choice: Choice, graph: Graph) -> None:
    """The table of peers, the V-curve (live) and the swell of symbolic derivatives."""
    tape = replace(choice.tape, outputs=(choice.tape.outputs[choice.output],))
    if not tape.variables:
        st.info("Give the formula a variable to compare derivatives.")
        return
    _peers(tape, choice.point)
    left, right = st.columns(2)
    with left:
        _differences(tape, choice)
    with right:
        _swell()


@st.cache_resource
def symbolic_worker() -> Worker:
    """One warm SymPy process for all visitors, killed and restarted if it takes too long."""
    targets = {
        "symbolic": "engines.autodiff.sympy_peer:symbolic",
        "swell": "engines.autodiff.sympy_peer:swell",
    }
    return Worker(targets, timeout_s=6.0)


def _peers(tape: Tape, point: Point) -> None:
    st.markdown("**The same derivatives from other sources**")
    asked = st.button("Compare at this point", icon=":material/compare_arrows:", key="ad--compare")
    kept = st.session_state.get(KEPT)
    if asked or kept is None or kept[0] != tape:
        kept = (tape, dict(point), _measure(tape, point))
        st.session_state[KEPT] = kept
        runtime.settle()
    _, at, rows = kept
    st.table(rows)
    moved = "" if at == dict(point) else " The sliders have moved since."
    place = ", ".join(f"{name} = {value:.6g}" for name, value in at.items())
    st.caption(
        f"At {place}.{moved} Errors are against mpmath with 50 digits, which knows none of the "
        "rules used here. CPU times include value, gradient and Hessian once; torch's and SymPy's "
        "are dominated by fixed costs per call, so they say nothing about large functions."
    )


def _measure(tape: Tape, point: Point) -> list[dict[str, str]]:
    exact = mpmath_reference(tape, point, second=True)
    rows = [_row("mpmath, 50 digits (reference)", exact, exact)]
    for name, ask in (
        ("this engine, reverse mode", _ours),
        ("torch.autograd", torch_autograd),
        ("torch.func", torch_func),
    ):
        rows.append(_row(name, ask(tape, point), exact))
    rows.append(_symbolic_row(tape, point, exact))
    return rows


def _ours(tape: Tape, point: Point) -> PeerResult:
    began = time.thread_time()
    value, slopes = float(evaluate(tape, point)), gradient(tape, point)
    second = hessian(tape, point)
    return PeerResult(value, slopes, second, 1000 * (time.thread_time() - began))


def _row(name: str, found: PeerResult, exact: PeerResult) -> dict[str, str]:
    slopes = ", ".join(f"{found.gradient[v]:.9g}" for v in list(exact.gradient)[:6])
    error = max(_apart(found.gradient[v], exact.gradient[v]) for v in exact.gradient)
    second = "not asked"
    if found.hessian is not None and exact.hessian is not None:
        second = _error(max(map(_apart, found.hessian.flat, exact.hessian.flat)))
    reference = found is exact
    return {
        "source": name,
        "value": f"{found.value:.9g}",
        "gradient": slopes,
        "error of the gradient": "reference" if reference else _error(error),
        "error of the Hessian": "reference" if reference else second,
        "CPU ms": f"{found.cpu_ms:.2f}",
    }


def _symbolic_row(tape: Tape, point: Point, exact: PeerResult) -> dict[str, str]:
    try:
        answer = symbolic_worker().call("symbolic", to_json(tape), dict(point))
    except EngineError as error:
        return {"source": f"SymPy: {error}"}
    slopes = {name: math.nan if v is None else v for name, v in answer["gradient"].items()}
    value = math.nan if answer["value"] is None else answer["value"]
    found = PeerResult(value, slopes, None, math.nan)
    row = _row("SymPy (symbolic, in a jailed process)", found, exact)
    return {**row, "CPU ms": f"{answer['operations']} operations"}


def _apart(a: float, b: float) -> float:
    """Their distance; 0 also for two equal infinities and for two that are not numbers."""
    return 0.0 if a == b or (math.isnan(a) and math.isnan(b)) else abs(a - b)


def _error(value: float) -> str:
    return "exact" if value == 0 else f"{value:.1e}"


def _differences(tape: Tape, choice: Choice) -> None:
    st.markdown("**Why not just take a small step?**")
    wrt = choice.wrt if choice.wrt in tape.variables else tape.variables[0]
    curve = step_curve(tape, choice.point, wrt, default_steps())
    errors = {
        "forward difference": curve.forward_error,
        "central difference": curve.central_error,
        "complex step": curve.complex_error,
    }
    plotly_live(step_curve_figure(curve.h, errors, curve.exact), key="ad-steps", height=380)
    note = (
        f"By {wrt}; choose another one with *by* above. Large steps cut off the curve, small ones "
        "drown in rounding; the complex step subtracts nothing and so has no second half of the "
        "V. An error of exactly 0 is drawn at the lower edge."
    )
    if curve.not_analytic:
        lines = ", ".join(curve.not_analytic)
        note += f" In {lines} the complex step relies on a piecewise extension."
    st.caption(note)


@st.cache_data(max_entries=1)
def _swell_rows() -> list[dict[str, int]]:
    return symbolic_worker().call("swell", 8)


def _swell() -> None:
    st.markdown("**Why not differentiate the formula?**")
    try:
        rows = _swell_rows()
    except EngineError as error:
        st.info(str(error))
        return
    plotly_live(swell_figure(rows), key="ad-swell", height=380)
    last = rows[-1]
    st.caption(
        f"The logistic map applied {last['level']} times: SymPy's derivative takes "
        f"{last['operations']:,} operations and {last['characters']:,} characters, the tape "
        f"{last['lines']} lines, and its derivative a small multiple of that."
    )
