"""What a page remembers: values in the session, bound to the address under prefixed keys.

Every control of a room has a key that begins with the room's prefix (``ad_`` for automatic
differentiation) and doubles as its name in the address, so a copied link shows the same figure to
somebody else. The address is untrusted: what does not fit is replaced by the default.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import streamlit as st


def number(key: str, default: float, minimum: float, maximum: float) -> float:
    """The number kept under ``key``: from the session, else the address, else ``default``.

    Stored back into the session, always finite and within ``[minimum, maximum]``.
    """
    value = st.session_state.get(key)
    if value is None:
        value = _from_address(key, default)
    st.session_state[key] = min(max(value, minimum), maximum)
    return st.session_state[key]


def _from_address(key: str, default: float) -> float:
    try:
        value = float(str(st.query_params.get(key, default))[:64])
    except ValueError:
        return default
    return value if math.isfinite(value) else default


def put(values: Mapping[str, object]) -> None:
    """Set several controls at once; for ``on_click`` of preset buttons and for tours."""
    for key, value in values.items():
        st.session_state[key] = value


def forget(prefix: str) -> None:
    """Drop the numbers kept under keys with this prefix: their sliders go back to the defaults.

    Not for Streamlit's own widgets: one that is bound to the address would read it again.
    """
    for key in [str(key) for key in st.session_state]:
        if key.startswith(prefix) and "--" not in key:
            del st.session_state[key]


def presets(options: Sequence[tuple[str, Mapping[str, object]]], *, key: str) -> None:
    """Buttons, each of which sets several controls; the caller's container lays them out."""
    for place, (label, values) in enumerate(options):
        st.button(label, key=f"{key}--preset_{place}", on_click=put, args=(values,))
