"""Guided tours: each step sets presets, says what to look at, and marks it on the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import streamlit as st

from ui import state
from ui.live.component import define


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a tour.

    Attributes:
        title: a few words.
        text: Markdown; what to see here.
        target: key of the container to mark, or ``""``.
        preset: values of controls that this step sets.
    """

    title: str
    text: str
    target: str = ""
    preset: Mapping[str, object] = field(default_factory=dict)


_spotlight = define("spotlight")


def tour(steps: Sequence[Step], *, key: str) -> int:
    """Show the tour's bar if it is running; returns its step, 0 when it is not running.

    The step is kept in the address under ``key``. Alt+Left and Alt+Right walk through it. The bar
    stays in view while the marked element is scrolled to.
    """
    arriving = key not in st.session_state
    at = int(state.number(key, 0, 0, len(steps)))
    if at and arriving:  # by a link: what the address does not say, the step's preset says
        preset = steps[at - 1].preset
        state.put({name: value for name, value in preset.items() if name not in st.query_params})
    if at:
        _bar(steps, at, key)
    return at


def start_button(steps: Sequence[Step], *, key: str) -> None:
    """Draw the button that starts the tour."""
    st.button(
        f"Guided tour: {len(steps)} steps",
        key=f"{key}--start",
        icon=":material/school:",
        on_click=_go,
        args=(key, steps, 1),
    )


def spotlight(steps: Sequence[Step], at: int, *, key: str) -> None:
    """Mark what step ``at`` speaks of; draw it last, it takes no room."""
    target = steps[at - 1].target if at else ""
    data = {"target": target, "step": at, "param": key, "bar": f"{key}--bar"}
    _spotlight(key=f"{key}--spot", data=data)


def _bar(steps: Sequence[Step], at: int, key: str) -> None:
    step = steps[at - 1]
    with st.container(border=True, key=f"{key}--bar"):
        st.markdown(f"**{at} of {len(steps)}: {step.title}**  \n{step.text}")
        with st.container(horizontal=True):
            for name, goal, icon, shortcut, off in (
                ("Back", at - 1, ":material/arrow_back:", "Alt+Left", at == 1),
                ("Next", at + 1, ":material/arrow_forward:", "Alt+Right", at == len(steps)),
                ("End the tour", 0, ":material/close:", None, False),
            ):
                st.button(
                    name,
                    key=f"{key}--{name}",
                    icon=icon,
                    shortcut=shortcut,
                    disabled=off,
                    on_click=_go,
                    args=(key, steps, goal),
                )


def _go(key: str, steps: Sequence[Step], goal: int) -> None:
    st.session_state[key] = float(goal)
    if goal:
        state.put(steps[goal - 1].preset)
