"""How every live component is made: a few inline lines that load a script file of ours.

Inline JavaScript travels with every message, so it is only a loader; the script itself is fetched
once, under a path that holds the hash of all scripts, and cached by the browser for a year. Each
script exports ``render(component)``, called on every data or theme change, and may export
``dispose(parentElement)``.
"""

from __future__ import annotations

import hashlib
from typing import Any

import streamlit as st

from ui.serving import SCRIPTS

_LOADER = """
const script = import(location.origin + "/suite/scripts/{version}/{name}.js");
export default function (component) {{
  const parent = component.parentElement;
  script.then((module) => module.render(component));
  return () => script.then((module) => module.dispose && module.dispose(parent));
}}
"""


VERSION = hashlib.sha256(
    b"".join(file.read_bytes() for file in sorted(SCRIPTS.glob("*.js")))
).hexdigest()[:12]


def define(
    name: str, *, html: str = "<div class='root'></div>\n", css: str = "", isolate: bool = True
) -> Any:
    """Register the component of ``ui/live/scripts/<name>.js``; call at module level."""
    loader = _LOADER.format(name=name, version=VERSION)
    return st.components.v2.component(
        f"suite_{name}", html=html, css=css or None, js=loader, isolate_styles=isolate
    )
