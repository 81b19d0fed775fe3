"""The router: navigation over ``pages/``, presenter mode, footer. Loads nothing heavy."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

import streamlit as st  # noqa: E402  (the path above makes our own packages importable)

from ui import runtime  # noqa: E402
from ui.rooms import ROOMS  # noqa: E402
from ui.version import VERSION  # noqa: E402

_PRESENTER = """<style>
html { font-size: 20px; }
[data-testid="stExpander"] { display: none; }
</style>"""


def navigation() -> st.Page:
    """The pages by group, in the top bar."""
    groups: dict[str, list[st.Page]] = {
        "": [
            st.Page(
                ROOT / "pages" / "home.py",
                title="Home",
                icon=":material/home:",
                url_path="home",
                default=True,
            )
        ]
    }
    for room in ROOMS:
        page = st.Page(
            ROOT / "pages" / f"{room.page}.py",
            title=room.title,
            icon=room.icon,
            url_path=room.page,
            help=room.question,
        )
        groups.setdefault(room.group, []).append(page)
    return st.navigation(groups, position="top")


def presenting() -> bool:
    """Whether ``?present=1`` asks for larger type and folded prose."""
    return st.query_params.get("present") in ("1", "true")


def footer() -> None:
    """The last line of every page."""
    st.divider()
    st.caption(
        f"Seven papers, live · version {VERSION} · every number on these pages is computed on the "
        "spot or read from a benchmark in the repository."
    )


st.set_page_config(
    page_title="Seven papers, live",
    page_icon=ROOT / "assets" / "pictures" / "favicon.png",
    layout="wide",
)
current = navigation()
if presenting():
    st.html(_PRESENTER)
current.run()
footer()
runtime.settle()
