"""Start the search, watch it, stop it, pick an equation."""

from __future__ import annotations

import math

import streamlit as st

from engines.common.errors import EngineError
from engines.symbolic_regression.discovery import DEFAULT_OPERATORS, Equation, Result, Step
from engines.symbolic_regression.programs import OPERATORS
from ui import jobs
from ui.figures.equation_tokens import kinds
from ui.figures.equations import fit_figure, front_figure
from ui.live import Series, canvas_chart, plotly_live
from ui.live.token_theatre import token_theatre
from ui.rooms.equations.run import PRIORS, View, Wishes, model, work
from ui.rooms.equations.samples import Dataset

JOB = "eq--job"
DATA = "eq--data"
PICK = "eq--pick"


def controls(data: Dataset | None) -> None:
    """What the search may do, and the buttons."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wishes = _wishes()
        st.button(
            "Find the equation",
            icon=":material/search:",
            disabled=data is None,
            on_click=_start,
            args=(data, wishes),
            key="eq--start",
        )
        st.button("Stop", icon=":material/stop:", on_click=_stop, key="eq--stop")
    if data is not None and jobs.current(JOB) is None:
        _start(data, wishes)


def _wishes() -> Wishes:
    seconds = st.selectbox(
        "seconds", (5, 10, 20, 60), 1, key="eq_seconds", bind="query-params", width=90
    )
    prior = st.selectbox(
        "prior",
        PRIORS if model() is not None else PRIORS[1:],
        key="eq_prior",
        bind="query-params",
        width=130,
        help="diffusion: the model reads the data and proposes tokens; random: statistics of "
        "formulas in general; none: every token alike.",
    )
    longest = st.selectbox(
        "longest (nodes)", (10, 20, 30, 40), 3, key="eq_longest", bind="query-params", width=130
    )
    with st.popover("operators"):
        operators = st.pills(
            "operators that may be used",
            OPERATORS,
            selection_mode="multi",
            default=DEFAULT_OPERATORS,
            key="eq_operators",
        )
    return Wishes(float(seconds), tuple(operators) or DEFAULT_OPERATORS, longest, prior, 0)


def _start(data: Dataset, wishes: Wishes) -> None:
    st.session_state[DATA] = data
    st.session_state.pop(PICK, None)
    try:
        jobs.start(JOB, lambda: work(data, wishes))
    except EngineError as error:
        st.session_state["eq--error"] = str(error)


def _stop() -> None:
    job = jobs.current(JOB)
    if job is not None:
        job.cancel()


def watch(data: Dataset | None) -> None:
    """The live picture: the data alone before a search, then the search."""
    if jobs.current(JOB) is None:
        return
    shown: Dataset = st.session_state[DATA]
    if data is not None and not data.same(shown):
        st.caption("The data have changed; press *Find the equation* to search in them.")
    jobs.watch(JOB, lambda snapshot: _draw(snapshot, shown))


def _draw(snapshot: jobs.Snapshot, data: Dataset) -> None:
    view: View = snapshot.step or View()
    _told(snapshot, view.step)
    chosen = _chosen(view.step)
    if chosen is not None:
        st.latex(chosen.latex(data.target if data.target.isidentifier() else "y"))
    left, right = st.columns(2)
    with left:
        figure = fit_figure(data.names, data.x, data.y, chosen, data.target)
        plotly_live(figure, key="eq-fit", height=390)
    with right:
        if view.step is not None and chosen is not None:
            _front(view.step, chosen)
    if view.frames:
        st.markdown("**The diffusion model condenses formulas out of noise**")
        run = f"{id(snapshot.step) if snapshot.over else ''}{len(data.y)}{data.truth}"
        token_theatre(view.frames, kinds(data.names), run=run, key="eq-theatre")
    if len(view.history) > 1:
        _history(view)


def _told(snapshot: jobs.Snapshot, step: Step | None) -> None:
    if step is None:
        st.caption("Reading the data …" if not snapshot.over else "")
        return
    ended = {
        "exact": "an exact equation was found",
        "settled": "nothing better came up for a while",
        "time": "the time is up",
    }
    state = ended.get(step.status, "stopped" if snapshot.status == "cancelled" else "searching")
    speed = step.evaluations / max(step.seconds, 1e-9)
    st.markdown(
        f"**{state}** \u2003 {step.seconds:.1f} s \u2003 {step.evaluations:,} formulas tried "
        f"({speed:,.0f} a second) \u2003 R² = {1 - step.best.error:.6f}"
    )
    for notice in step.notices:
        st.caption(notice)


def _chosen(step: Step | None) -> Equation | None:
    """The equation that was clicked, else the best one."""
    if step is None:
        return None
    wanted = st.session_state.get(PICK)
    return next((e for e in step.front if e.complexity == wanted), step.best)


def _front(step: Step, chosen: Equation) -> None:
    figure = front_figure(step.front, chosen, step.population)
    picked = plotly_live(figure, key="eq-front", height=390, clickable=True)
    if picked is not None and picked[0] == 0 and picked[1] < len(step.front):
        st.session_state[PICK] = step.front[picked[1]].complexity
        st.rerun(scope="fragment")


def _history(view: View) -> None:
    seconds = [at for at, _ in view.history]
    errors = [max(error, 1e-32) for _, error in view.history]
    canvas_chart(
        [Series("log10 of the least error", seconds, [math.log10(e) for e in errors], 1)],
        key="eq-history",
        alt=f"Least error over time, now {errors[-1]:.2g}.",
        x_label="seconds",
        height=200,
    )


def result() -> Result | None:
    """The finished search's result."""
    job = jobs.current(JOB)
    view = job.look().step if job is not None else None
    return view.step if view is not None and isinstance(view.step, Result) else None
