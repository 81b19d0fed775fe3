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


def tour(steps: Sequence[Step], *, key: str, label: str) -> int:
    """Show the tour's bar; returns the step at which it stands, 0 when it is not running.

    The step is kept in the address under ``key``. Alt+Left and Alt+Right walk through it.
    """
    at = int(state.number(key, 0, 0, len(steps)))
    with st.container(key=f"{key}--bar"):
        if at == 0:
            st.button(
                label,
                key=f"{key}--start",
                icon=":material/school:",
                on_click=_go,
                args=(key, steps, 1),
            )
        else:
            _bar(steps, at, key)
    target = steps[at - 1].target if at else ""
    _spotlight(
        key=f"{key}--spot", data={"target": target, "step": at, "param": key}, height="content"
    )
    return at


def _bar(steps: Sequence[Step], at: int, key: str) -> None:
    step = steps[at - 1]
    with st.container(border=True):
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
