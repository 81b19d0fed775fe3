"""Automatic differentiation: a typed function, differentiated one operation at a time."""

import streamlit as st

from ui.rooms.autodiff import controls, sweep

st.title("How does a program get exact derivatives of itself, one operation at a time?")


@st.fragment
def room() -> None:
    choice = controls.choose()
    graph = sweep.build_graph(choice)
    sweep.show_graph(choice, graph, None)
    with st.container(key="ad_traces"):
        sweep.show_traces(choice, graph)


room()
