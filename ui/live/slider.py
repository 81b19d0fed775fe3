"""A slider that reports while it is dragged (the native one reports when it is let go)."""

from __future__ import annotations

import math
from functools import partial

import streamlit as st

from ui import state
from ui.live.component import define

_CSS = """
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
_HTML = """<div class="field"><div class="top"><label></label><input type="number"></div>
<input type="range"></div>
"""
_slider = define("live_slider", html=_HTML, css=_CSS)


def live_slider(
    label: str,
    minimum: float,
    maximum: float,
    default: float,
    *,
    key: str,
    step: float = 0.01,
) -> float:
    """Show the slider; returns its value, which is also ``st.session_state[key]``.

    The value is bound to the URL under ``key`` and survives a page switch. One message is in
    flight at a time; what was passed over meanwhile is replaced by the newest value. A number can
    be typed too, and arrow keys, Page Up/Down, Home and End work as on any range input.
    """
    value = state.number(key, default, minimum, maximum)
    component = f"{key}--slider"
    take = partial(_take, key, component, minimum, maximum)
    moved = st.session_state.get(component, {}).get("move") or {}
    _slider(
        key=component,
        data={
            "label": label,
            "min": minimum,
            "max": maximum,
            "step": step,
            "value": value,
            "default": default,
            "param": key,
            "ack": moved.get("count", 0),
        },
        on_move_change=take,
    )
    return value


def _take(key: str, component: str, minimum: float, maximum: float) -> None:
    """Accept a move if it is a finite number; the browser's word is not trusted for the range."""
    move = st.session_state[component].get("move") or {}
    value = move.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    if isinstance(value, int) or math.isfinite(value):
        st.session_state[key] = float(min(max(value, minimum), maximum))
