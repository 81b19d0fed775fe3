"""Sliders that report while they are dragged (native ones report when they are let go)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from ui import state
from ui.live.component import define

_CSS = """
.sliders { display: grid; column-gap: 1rem; row-gap: 0.4rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr)); }
.field { font-family: var(--st-font); color: var(--st-text-color); font-size: 0.875rem; }
.top { display: flex; justify-content: space-between; align-items: center; gap: 0.5rem;
  min-height: 1.9rem; }
label { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
input[type=number] { width: 6.2rem; font: inherit; font-family: var(--st-code-font);
  color: var(--st-primary-color); background: transparent; text-align: right;
  border: 1px solid transparent; border-radius: 0.35rem; padding: 0.15rem 0.3rem;
  -moz-appearance: textfield; }
input[type=number]::-webkit-inner-spin-button { display: none; }
input[type=number]:hover, input[type=number]:focus { border-color: var(--st-border-color);
  background: var(--st-background-color); outline: none; }
input[type=number]:focus-visible { outline: 2px solid var(--st-primary-color); }
input[type=range] { -webkit-appearance: none; appearance: none; width: 100%; height: 1.4rem;
  margin: 0; background: transparent; cursor: pointer; touch-action: pan-y; }
input[type=range]::-webkit-slider-runnable-track { height: 0.25rem; border-radius: 0.25rem;
  background: linear-gradient(to right, var(--st-primary-color) var(--filled, 0%),
    var(--st-border-color) var(--filled, 0%)); }
input[type=range]::-moz-range-track { height: 0.25rem; border-radius: 0.25rem;
  background: var(--st-border-color); }
input[type=range]::-moz-range-progress { height: 0.25rem; background: var(--st-primary-color); }
input[type=range]::-webkit-slider-thumb { -webkit-appearance: none; width: 1.05rem;
  height: 1.05rem; margin-top: -0.4rem; border-radius: 50%; background: var(--st-primary-color);
  border: 2px solid var(--st-background-color); box-shadow: 0 0 0 1px var(--st-primary-color); }
input[type=range]::-moz-range-thumb { width: 0.9rem; height: 0.9rem; border-radius: 50%;
  background: var(--st-primary-color); border: 2px solid var(--st-background-color); }
input[type=range]:focus-visible { outline: none; }
input[type=range]:focus-visible::-webkit-slider-thumb { box-shadow: 0 0 0 3px
  color-mix(in srgb, var(--st-primary-color) 45%, transparent); }
"""
_sliders = define("live_sliders", html="<div class='sliders'></div>\n", css=_CSS)


@dataclass(frozen=True, slots=True)
class Slider:
    """One slider of a group.

    Attributes:
        label: what it sets.
        minimum, maximum: its range.
        default: its value when neither session nor address know one.
        key: name of its value in ``st.session_state`` and in the address.
        step: how far one arrow key moves it.
    """

    label: str
    minimum: float
    maximum: float
    default: float
    key: str
    step: float = 0.01


def live_sliders(sliders: Sequence[Slider], *, key: str) -> list[float]:
    """Show sliders side by side; returns their values, also in ``st.session_state`` by their keys.

    Values are bound to the address and survive a page switch. One message is in flight at a time;
    what was passed over meanwhile is replaced by the newest value. A number can be typed too, and
    arrow keys, Page Up/Down, Home and End work as on any range input. A group is one element of
    the page, so that a step costs the browser little however many sliders there are.
    """
    values = [state.number(s.key, s.default, s.minimum, s.maximum) for s in sliders]
    component = f"{key}--sliders"
    moved = st.session_state.get(component, {}).get("move") or {}
    fields = [
        {
            "label": s.label,
            "min": s.minimum,
            "max": s.maximum,
            "step": s.step,
            "value": value,
            "default": s.default,
            "param": s.key,
        }
        for s, value in zip(sliders, values, strict=True)
    ]
    _sliders(
        key=component,
        data={"fields": fields, "ack": moved.get("count", 0)},
        on_move_change=partial(_take, tuple(sliders), component),
    )
    return values


def live_slider(
    label: str, minimum: float, maximum: float, default: float, *, key: str, step: float = 0.01
) -> float:
    """A group of one."""
    return live_sliders([Slider(label, minimum, maximum, default, key, step)], key=key)[0]


def _take(sliders: tuple[Slider, ...], component: str) -> None:
    """Accept a move if it is a finite number; the browser's word is not trusted for anything."""
    move = st.session_state[component].get("move") or {}
    value = move.get("value")
    moved = next((slider for slider in sliders if slider.key == move.get("param")), None)
    if moved is None or isinstance(value, bool) or not isinstance(value, int | float):
        return
    if isinstance(value, int) or math.isfinite(value):
        st.session_state[moved.key] = float(min(max(value, moved.minimum), moved.maximum))
