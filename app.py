"""Launcher: ``streamlit run app.py`` or ``python app.py``. The router is ``ui/shell.py``.

The router does not live here because a ``pages/`` folder beside the main script makes Streamlit
treat the first deep link after a start as a page of its own, without navigation or set-up.
"""

import streamlit as st

from ui.serving import ROUTES, SecurityHeaders, lifespan

app = st.App("ui/shell.py", lifespan=lifespan, routes=ROUTES, middleware=[SecurityHeaders])

if __name__ == "__main__":
    app.run()
