"""A tiny network trained live by the engine's own tensors."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

import streamlit as st

from engines.autodiff.clouds import CLOUDS, cloud
from engines.autodiff.neuron import NeuronStep, train_neuron
from engines.autodiff.teaching import Graph
from engines.common.errors import EngineError
from ui import jobs
from ui.figures.autodiff_compare import decision_figure
from ui.live import Series, canvas_chart, plotly_live
from ui.rooms.autodiff.controls import Choice

JOB = "ad--network"
SHAPES: dict[str, tuple[int, ...]] = {
    "one neuron": (),
    "4 hidden": (4,),
    "16 hidden": (16,),
    "16 + 16 hidden": (16, 16),
}
STEPS = 400
EVERY = 2
PACES = {"slow motion": 0.03, "full speed": 0.0}
"""Pause after every shown step in seconds: at full speed the training is over in a blink."""


def show(choice: Choice, graph: Graph) -> None:
    """Controls, the map of the plane, and the loss as it falls."""
    settings = _settings()
    if jobs.current(JOB) is None:
        _start(*settings)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(
            "Train again",
            icon=":material/play_arrow:",
            key="ad--train",
            on_click=_start,
            args=settings,
        )
        st.button("Stop", icon=":material/stop:", key="ad--stop", on_click=_stop)
    jobs.watch(JOB, _draw)
    st.caption(
        "Loss: mean cross-entropy. Every step is one reverse sweep of this engine on NumPy "
        "arrays, with momentum 0.9; nothing here uses torch."
    )


def _settings() -> tuple[str, tuple[int, ...], float, int, float]:
    data, shape, rate, seed, speed = st.columns(5)
    with data:
        kind = st.selectbox("points", list(CLOUDS), key="ad_net_data", bind="query-params")
    with shape:
        hidden = st.selectbox("network", list(SHAPES), 2, key="ad_net_shape", bind="query-params")
    with rate:
        learning_rate = st.select_slider(
            "learning rate",
            [0.01, 0.03, 0.1, 0.3, 1.0, 3.0],
            0.3,
            key="ad_net_rate",
            bind="query-params",
        )
    with seed:
        number = st.number_input("seed", 0, 9999, 1, key="ad_net_seed", bind="query-params")
    with speed:
        pace = st.selectbox("speed", list(PACES), key="ad_net_pace", bind="query-params")
    return kind, SHAPES[hidden], learning_rate, int(number), PACES[pace]


def _start(
    kind: str, hidden: tuple[int, ...], learning_rate: float, seed: int, pause: float
) -> None:
    points, labels = cloud(kind, 200, 0.1, seed)
    st.session_state["ad--cloud"] = (points, labels)
    work = partial(
        train_neuron, points, labels, hidden, learning_rate, STEPS, seed, every=EVERY, grid=32
    )
    try:
        jobs.start(JOB, lambda: _history(work(), pause), total=STEPS // EVERY + 1)
    except EngineError as error:
        st.session_state["ad--network-error"] = str(error)


def _history(
    steps: Iterator[NeuronStep], pause: float
) -> Iterator[tuple[NeuronStep, tuple[float, ...]]]:
    """Each step with the losses so far, at a pace the eye can follow."""
    losses: tuple[float, ...] = ()
    for step in steps:
        losses = (*losses, step.loss)
        yield step, losses
        time.sleep(pause)


def _stop() -> None:
    job = jobs.current(JOB)
    if job is not None:
        job.cancel()


def _draw(snapshot: jobs.Snapshot) -> None:
    if snapshot.step is None:
        return
    step, losses = snapshot.step
    points, labels = st.session_state["ad--cloud"]
    left, right = st.columns([1, 1])
    with left:
        figure = decision_figure(step.axis, step.prediction, points, labels)
        plotly_live(figure, key="ad-network", height=400)
    with right:
        st.markdown(
            f"step **{step.step}** of {STEPS} \u2003 loss **{step.loss:.4f}** \u2003 "
            f"accuracy **{step.accuracy:.1%}** \u2003 gradient norm **{step.gradient_norm:.2e}**"
        )
        canvas_chart(
            [Series("loss", [EVERY * place for place in range(len(losses))], losses, 1)],
            key="ad-loss",
            alt=f"Loss after {step.step} steps: {step.loss:.4f}.",
            x_label="step",
            height=300,
        )
