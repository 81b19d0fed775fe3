"""Measured figures: read from ``benchmarks/results``, never typed into a page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import streamlit as st

RESULTS = Path(__file__).resolve().parents[1] / "benchmarks" / "results"


@st.cache_data(max_entries=64)
def result(name: str) -> dict[str, Any] | None:
    """A stored benchmark result by name, or ``None`` if it was not run yet."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text()) if path.is_file() else None
