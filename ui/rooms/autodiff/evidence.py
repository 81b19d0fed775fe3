"""What was measured in this repository, against whom, and how to measure it again."""

from __future__ import annotations

from typing import Any

import streamlit as st

from engines.autodiff.teaching import Graph
from ui.evidence import result
from ui.rooms.autodiff.controls import Choice

BENCHMARKS = (
    ("autodiff_accuracy", "Accuracy against 50 digits, torch beside"),
    ("autodiff_speed", "Speed, torch beside"),
    ("parser_fuzz", "The parser under random and hostile input"),
)


def show(choice: Choice, graph: Graph) -> None:
    """A table per stored benchmark."""
    for name, title in BENCHMARKS:
        stored = result(name)
        st.markdown(f"**{title}**")
        if stored is None:
            st.info(f"Not measured yet: run `python -m benchmarks.{name}`.")
            continue
        st.table([{"what": key, "measured": text} for key, text in rows(stored)])
        st.caption(f"`python -m benchmarks.{name}` measures this again.")
    st.caption(
        "How far from the paper: it reports no measurements, so its running example is what can "
        "be compared, and it agrees in every digit (tests/unit/autodiff)."
    )


def rows(stored: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """The figures of a stored result, nested names joined."""
    found = []
    for key, value in stored.items():
        name = f"{prefix}{key.replace('_', ' ')}"
        if isinstance(value, dict):
            found.extend(rows(value, f"{name}: "))
        elif isinstance(value, float):
            found.append((name, f"{value:.4g}"))
        elif isinstance(value, int | str):
            found.append((name, f"{value:,}" if isinstance(value, int) else value[:80]))
    return found
