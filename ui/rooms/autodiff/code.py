"""The same function as code in three dialects, and the engine's own source."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import streamlit as st

from engines.autodiff import modes, sweeps, teaching
from engines.autodiff.dialects import as_nodes, as_operators, as_torch
from engines.autodiff.teaching import Graph
from engines.common.errors import EngineError
from ui.rooms.autodiff.controls import Choice

_DIALECTS = (
    ("The paper's nodes", as_nodes, "wrapped calls build the graph, one forward sweep per input"),
    ("Overloaded operators", as_operators, "this engine: trace once, sweep in either direction"),
    ("torch", as_torch, "the same conventions at kinks, so the numbers agree"),
)
_SOURCES: dict[str, Callable[..., Any]] = {
    "gradient": modes.gradient,
    "adjoints (reverse sweep)": sweeps.adjoints,
    "tangents (forward sweep)": sweeps.tangents,
    "hvp": modes.hvp,
    "forward (teaching path)": teaching.forward,
    "topological order (teaching path)": teaching.order_steps,
}


def show(choice: Choice, graph: Graph) -> None:
    """Three runnable scripts side by side, then the engine's functions."""
    for column, (title, write, remark) in zip(st.columns(3), _DIALECTS, strict=True):
        with column:
            st.markdown(f"**{title}**")
            st.caption(remark)
            try:
                st.code(
                    write(choice.tape, choice.point), language="python", height=380, wrap_lines=True
                )
            except EngineError as error:
                st.info(str(error))
    chosen = st.selectbox("Source of the engine function in use", list(_SOURCES), key="ad_source")
    st.code(inspect.getsource(_SOURCES[chosen]), language="python", height=360)
