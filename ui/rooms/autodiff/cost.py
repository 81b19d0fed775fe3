"""What all derivatives cost as inputs or outputs grow: measured here, now, on this machine."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from engines.autodiff.cost import CostPoint, Direction, cost_curve
from engines.autodiff.teaching import Graph
from engines.common.errors import EngineError
from ui import jobs
from ui.figures.autodiff_compare import cost_figure
from ui.live import plotly_live
from ui.rooms.autodiff.controls import Choice

JOB = "ad--cost"
SIZES = (1, 2, 4, 8, 16, 32, 64, 128)
_FAMILIES: dict[str, tuple[Direction, str]] = {
    "more inputs, one output": ("inputs", "ring Rosenbrock function of n inputs: n"),
    "one input, more outputs": ("outputs", "m damped waves of one input: m"),
}


def show(choice: Choice, graph: Graph) -> None:
    """Start a measurement, watch its points come in."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        family = st.segmented_control(
            "Let grow",
            list(_FAMILIES),
            default=next(iter(_FAMILIES)),
            required=True,
            key="ad_family",
            bind="query-params",
        )
        direction, axis = _FAMILIES[family]
        if st.session_state.get("ad--cost-of") != direction:
            _start(direction)
        st.button(
            "Measure again",
            icon=":material/timer:",
            key="ad--measure",
            on_click=_start,
            args=(direction,),
        )
        st.button("Cancel", icon=":material/stop:", key="ad--cost-stop", on_click=_cancel)
    jobs.watch(JOB, lambda snapshot: _draw(snapshot, axis))
    st.caption(
        "Each point is the CPU time of the full derivative, value included, over that of one "
        "evaluation. Forward mode sweeps once for every input, reverse mode once for every output."
    )


def _start(direction: Direction) -> None:
    st.session_state["ad--cost-of"] = direction
    try:
        jobs.start(JOB, lambda: _collect(direction), total=len(SIZES))
    except EngineError as error:
        st.error(str(error))


def _collect(direction: Direction) -> Iterator[tuple[CostPoint, ...]]:
    """The points so far, after each measurement."""
    points: tuple[CostPoint, ...] = ()
    for point in cost_curve(SIZES, 3, direction):
        points = (*points, point)
        yield points


def _cancel() -> None:
    job = jobs.current(JOB)
    if job is not None:
        job.cancel()


def _draw(snapshot: jobs.Snapshot, axis: str) -> None:
    points: tuple[CostPoint, ...] = snapshot.step or ()
    if not points:
        return
    left, right = st.columns([3, 2])
    with left:
        ratios = {
            "forward mode": [point.forward_ratio for point in points],
            "reverse mode": [point.reverse_ratio for point in points],
        }
        figure = cost_figure([point.size for point in points], ratios, axis)
        plotly_live(figure, key="ad-cost", height=380)
    with right:
        st.table(
            [
                {
                    "size": str(point.size),
                    "operations": f"{point.operations:,}",
                    "value ms": f"{point.primal_ms:.3f}",
                    "forward ms": f"{point.forward_ms:.2f}",
                    "reverse ms": f"{point.reverse_ms:.2f}",
                }
                for point in points
            ]
        )
