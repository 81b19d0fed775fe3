"""Equation discovery: numbers in, a readable equation out, live."""

import streamlit as st

from ui.rooms import room
from ui.rooms.equations import answer, data, search

about = room("equations")
st.title(about.question)

chosen = data.choose()
search.controls(chosen)
search.watch(chosen)
found = search.result()
if found is not None:
    answer.show(found, st.session_state[search.DATA])

with st.expander("How it works", icon=":material/menu_book:"):
    st.markdown(
        """
Two parts work together. A **diffusion language model** starts from pure noise and, looking at the
data through cross-attention, condenses it into tokens of a formula in a dozen steps; its
probabilities become a **prior**. A **genetic programme** then grows, crosses and prunes formulas,
choosing tokens by that prior half of the time at most, and fits their numbers by least squares.
Formulas compete on a front of *complexity against error*; the one shown has the shortest
description of formula and leftovers together. Numbers close to simple ones are snapped to them if
that costs nothing.
"""
    )
st.caption(f"Paper: {about.paper}.")
