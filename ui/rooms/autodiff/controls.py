"""What the visitor sets: the function, the point, what is played."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

import streamlit as st

from engines.common.errors import ParseError
from engines.common.expression import parse
from engines.common.notation import line_names, to_latex
from engines.common.tape import Tape
from ui import state
from ui.figures.autodiff_animation import MODES
from ui.figures.autodiff_animation import picture as draw
from ui.live import Slider, live_sliders
from ui.live.copy_link import copy_link

FUNCTION, MODE, ORDER, WRT, REACH = "ad_f", "ad_mode", "ad_order", "ad_wrt", "ad_range"
TAB, TOUR, OUTPUT = "ad_tab", "ad_tour", "ad_out"
TABS = ("Traces", "Second order", "Compare", "Cost", "Code", "Tiny network", "Evidence")
PAPER = "log(x1) + x1*x2 - sin(x2)"
MAX_TYPESET = 400
_DEFAULTS = {"x1": 2.0, "x2": 5.0}
_RIGHT, _NAIVE = "topological order", "naive order"

PRESETS: tuple[tuple[str, str, Mapping[str, float], Mapping[str, object]], ...] = (
    ("Paper's example", PAPER, {"x1": 2, "x2": 5}, {}),
    (
        "Shared node",
        "b = a + a; c = b + b; c",
        {"a": 1},
        {MODE: "Reverse", ORDER: _NAIVE},
    ),
    ("Rosenbrock", "(1 - x)^2 + 100*(y - x^2)^2", {"x": -1.2, "y": 1}, {}),
    (
        "Logistic map",
        "p = 4*x*(1 - x); q = 4*p*(1 - p); r = 4*q*(1 - q); 4*r*(1 - r)",
        {"x": 0.3},
        {},
    ),
    ("NaN trap", "where(x > 0, sqrt(x), 0)", {"x": 0}, {MODE: "Reverse"}),
    (
        "Tiny neuron",
        "z = w1*x1 + w2*x2 + b; (tanh(z) - t)^2",
        {"w1": 0.5, "w2": -1, "b": 0.2, "x1": 1, "x2": 2, "t": 1},
        {MODE: "Reverse"},
    ),
    ("x to the x", "x^x", {"x": 1.5}, {}),
    ("Overflow", "log(1 + exp(x)), softplus(x)", {"x": 750}, {REACH: "1000"}),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be shown now: the function, the sweep, and the values of the variables."""

    tape: Tape
    mode: str
    wrt: str
    naive: bool
    output: int = 0
    point: dict[str, float] = field(default_factory=dict)


@lru_cache(maxsize=256)
def _parse(text: str) -> Tape:
    return parse(text)


picture = lru_cache(maxsize=256)(draw)
"""The layout of a tape's graph, which depends on the formula alone."""


def preset_values(text: str, point: Mapping[str, float], more: Mapping[str, object]) -> dict:
    """The controls that a preset sets; those it does not name go back to their defaults."""
    values: dict[str, object] = {MODE: "Forward", ORDER: _RIGHT, REACH: "10", FUNCTION: text}
    values.update({f"ad_x_{name}": float(value) for name, value in point.items()})
    return {**values, WRT: None, OUTPUT: None, **more}


def presets() -> None:
    """Draw a button for every ready-made function."""
    state.presets([(p[0], preset_values(*p[1:])) for p in PRESETS], key="ad")


def choose() -> Choice:
    """Draw the controls that are not dragged; with faulty text the last good function stays."""
    typed, written = st.columns([3, 2], vertical_alignment="center")
    with typed:
        tape = _function()
    with written:
        _typeset(tape)
    with st.container(key="ad_modes", horizontal=True, vertical_alignment="bottom"):
        mode, wrt, naive = _mode(tape)
        output = _output(tape)
        st.button("Reset", icon=":material/restart_alt:", on_click=_reset, key="ad--reset")
        copy_link("ad")
    return Choice(tape, mode, wrt, naive, output)


def _output(tape: Tape) -> int:
    """Which output is differentiated, asked only if there are several."""
    if len(tape.outputs) == 1:
        return 0
    names = line_names(tape)
    options = [f"{place + 1}: {names[line]}" for place, line in enumerate(tape.outputs)]
    if st.session_state.get(OUTPUT) not in options:
        st.session_state[OUTPUT] = options[0]
    chosen = st.selectbox("of", options, key=OUTPUT, bind="query-params", width=120)
    return options.index(chosen)


def section() -> str:
    """Draw the choice of what is shown below the graph; returns its name."""
    chosen = st.segmented_control(
        "Look closer",
        TABS,
        default=TABS[0],
        required=True,
        key=TAB,
        bind="query-params",
        label_visibility="collapsed",
    )
    return chosen or TABS[0]


def at_point(choice: Choice) -> Choice:
    """Draw a slider for every variable; returns the choice with their values."""
    return replace(choice, point=_point(choice.tape))


def _reset() -> None:
    state.forget("ad_x_")
    state.put({**preset_values(*PRESETS[0][1:]), "ad_angle": 45.0, TAB: TABS[0]})


def _function() -> Tape:
    text = st.text_input(
        "Your function",
        PAPER,
        max_chars=2000,
        key=FUNCTION,
        bind="query-params",
        live="250ms",
        help="Names such as x1, numbers, + - * / ^, functions (sin, exp, log, sqrt, tanh, where, "
        "...), comparisons. Name parts with `b = a + a; b*x`; several outputs with commas.",
    )
    try:
        tape = _parse(text)
        st.session_state["ad--good"] = text
        return tape
    except ParseError as error:
        st.error(str(error))
        st.code(error.pointer(), language=None)  # what was typed is never read as Markdown
        return _parse(st.session_state.get("ad--good", PAPER))


def _typeset(tape: Tape) -> None:
    """The function as one would write it, if that is short enough to help."""
    written = r",\quad ".join(to_latex(tape))
    if len(written) <= MAX_TYPESET:
        st.latex(written)


def _point(tape: Tape) -> dict[str, float]:
    reach = float(st.session_state.get(REACH, "10"))
    sliders = [
        Slider(
            name, -reach, reach, min(_DEFAULTS.get(name, 1.0), reach), f"ad_x_{name}", reach / 500
        )
        for name in tape.variables
    ]
    if not sliders:
        return {}
    return dict(zip(tape.variables, live_sliders(sliders, key="ad"), strict=True))


def _mode(tape: Tape) -> tuple[str, str, bool]:
    mode = st.segmented_control(
        "Play", MODES, default="Forward", required=True, key=MODE, bind="query-params"
    )
    options = list(tape.variables) or ["(none)"]
    if st.session_state.get(WRT) not in options:
        st.session_state[WRT] = options[0]
    wrt = st.selectbox(
        "by",
        options,
        key=WRT,
        bind="query-params",
        width=110,
        disabled=mode not in ("Forward", "Order"),
    )
    order = st.selectbox(
        "in",
        (_RIGHT, _NAIVE),
        key=ORDER,
        bind="query-params",
        width=190,
        disabled=mode not in ("Forward", "Reverse"),
    )
    st.selectbox(
        "range ±", ("1", "5", "10", "100", "1000"), 2, key=REACH, bind="query-params", width=110
    )
    return mode or "Forward", wrt, order == _NAIVE and mode in ("Forward", "Reverse")
