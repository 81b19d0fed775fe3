"""Automatic differentiation: a typed function, differentiated one operation at a time."""

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from engines.autodiff.teaching import Graph
from ui.rooms import room
from ui.rooms.autodiff import code, compare, controls, cost, evidence, network, second_order, sweep
from ui.rooms.autodiff.lesson import STEPS
from ui.tour import spotlight, start_button, tour

SECTIONS: dict[str, Callable[[controls.Choice, Graph], None]] = {
    "Traces": sweep.show_traces,
    "Second order": second_order.show,
    "Compare": compare.show,
    "Cost": cost.show,
    "Code": code.show,
    "Tiny network": network.show,
    "Evidence": evidence.show,
}

about = room("autodiff")
st.title(about.question)


@st.fragment
def controlled() -> None:
    """Everything that answers to the controls."""
    at = tour(STEPS, key=controls.TOUR)
    with st.container(horizontal=True, key="ad_start"):
        if not at:
            start_button(STEPS, key=controls.TOUR)
        controls.presets()
    chosen = controls.choose()
    above = st.container(key="ad_graph")
    section = controls.section()
    dragged(chosen, at, above, section, st.container(key="ad_section"))
    spotlight(STEPS, at, key=controls.TOUR)


@st.fragment
def dragged(
    chosen: controls.Choice,
    tour_step: int,
    above: DeltaGenerator,
    section: str,
    below: DeltaGenerator,
) -> None:
    """What follows the sliders: a fragment of few elements, so that a step costs little."""
    with above:
        choice = controls.at_point(chosen)
        graph = sweep.build_graph(choice)
        sweep.show_graph(choice, graph, tour_step)
    with below:
        SECTIONS[section](choice, graph)


controlled()

with st.expander("How it works", icon=":material/menu_book:"):
    st.markdown(
        r"""
A formula is a list of elementary operations; each line knows the derivative of its value by its
own arguments. The **chain rule** joins them:

- :green[**forward mode**] carries
  $\dot v = \sum_{p} \frac{\partial v}{\partial p}\,\dot p$ along with the values. One sweep
  answers *how does everything change with one input* (a Jacobian-vector product).
- :red[**reverse mode**] first computes all values, then walks back with
  $\bar v = \sum_{c} \bar c\,\frac{\partial c}{\partial v}$. One sweep answers *how does one output
  change with everything* (a vector-Jacobian product).

Both are exact up to rounding: nothing is divided by a small step, no formula is expanded. At kinks
and poles this engine follows torch's conventions, so `where(x > 0, sqrt(x), 0)` at 0 gives NaN
here as it does there: $0 \cdot \infty$.
"""
    )
st.caption(
    f"Paper: {about.paper}. The running example y = log x1 + x1·x2 − sin x2 at (2, 5) is the "
    "paper's; adjoint tables follow Baydin et al., JMLR 18(153), 2018."
)
